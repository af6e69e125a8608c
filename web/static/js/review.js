// The review desk: a verdict belongs to the page it was given on; Enter passes it and goes to the next undecided one.
import { ask, deeds, json, post } from './console.js';
import { choose, chosenPage, nextWhere, onChosen, pageOf, patch, thumbs } from './strip.js';

const desk = document.getElementById('desk');
const urls = json(desk, 'urls');
const findings = document.getElementById('page-findings');
const found = document.getElementById('found');
const at = (name, id) => urls[name].replace('/0/', `/${id}/`).replace(/\/0$/, `/${id}`);
let last = null; // the page judged last, for Ctrl+Z
let region = null; // {page, box} dragged on the picture
found.dataset.off = '1';

function tell(page, where) {
  const place = document.getElementById('where');
  place.textContent = page.why === 'rest' ? place.dataset.rest : place.dataset.say.replace('%', where + 1);
  const stands = document.getElementById('stands');
  stands.hidden = !page.verdict;
  if (page.verdict) stands.textContent = stands.dataset[page.verdict];
  findings.replaceChildren(...(page.findings.length ? page.findings.map(card) : [nothing()]));
  if (region?.page !== page.id) region = null;
  drawRegion();
}

function card(one) {
  const section = document.createElement('section');
  section.className = `card finding-card ${one.level}${one.decided ? ' decided' : ''}`;
  section.innerHTML = '<h2><span></span> <small></small></h2><p class="line"></p><p class="quiet"></p>';
  section.querySelector('span').textContent = `${one.mark} ${one.name}`;
  section.querySelector('small').textContent = `(${one.check})`;
  section.querySelector('.line').textContent = one.line;
  section.querySelector('.quiet').textContent = one.cure;
  if (one.check === 'page.secrecy' && !one.decided) section.append(decide());
  return section;
}

/** A secrecy mark is decided on the page itself, with its picture large. */
function decide() {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain bad whole';
  button.dataset.deed = 'edit';
  button.textContent = `${findings.dataset.decide} `;
  button.append(Object.assign(document.createElement('kbd'), { textContent: 'E' }));
  return button;
}

function nothing() {
  const section = document.createElement('section');
  section.className = 'card finding-card none';
  section.textContent = `✓ ${findings.dataset.none}`;
  return section;
}

async function judge(page, fields) {
  const answer = await post(at('verdict', page.id), fields);
  if (!answer) return;
  last = page.id;
  region = null;
  // said at once, before the desk is asked again: quick keys must not come back to a page that is judged
  const thumb = document.getElementById(`page-${page.id}`);
  thumb.dataset.page = JSON.stringify({ ...page, verdict: fields.verdict });
  const next = nextWhere((one) => waits(one) && Number(one.dataset.id) !== page.id);
  if (next) choose(next.dataset.id);
  await refresh();
}

/** A page of the sample, flagged or doubtful, without a verdict. */
function waits(thumb) {
  const page = pageOf(thumb);
  return page.why !== 'rest' && !page.verdict;
}

/** Once all is seen the next step is the batch's verdict, not one more page's. */
function nextStepIs() {
  const pass = document.getElementById('pass');
  const seen = !thumbs().some(waits) && document.querySelector('#review_batch .primary') !== null;
  pass.classList.toggle('primary', !seen);
  pass.classList.toggle('plain', seen);
  if (seen) delete pass.dataset.key; else pass.dataset.key = 'Enter';
}

async function refresh() {
  const response = await fetch(desk.dataset.changes, { headers: { Accept: 'application/json' } });
  if (!response.ok) return;
  const patched = await response.json();
  document.getElementById('status').innerHTML = patched.html.review_status;
  document.getElementById('review_batch').outerHTML = patched.html.review_batch;
  // decisions stay in the order the desk was opened with: the row never jumps under one's eyes
  for (const { id, html } of patched.pages) {
    const old = document.getElementById(`page-${id}`);
    if (!old) { patch(patched.pages, true); break; }
    const holder = document.createElement('div');
    holder.innerHTML = html.trim();
    old.replaceWith(holder.firstElementChild);
  }
  nextStepIs();
  if (chosenPage()) choose(chosenPage().id);
}

deeds.pass = () => { const page = chosenPage(); if (page) judge(page, { verdict: 'pass' }); };
deeds.original = () => { const page = chosenPage(); if (page) judge(page, { verdict: 'original' }); };
deeds.ask_return = async () => {
  const page = chosenPage();
  if (!page) return;
  const dialog = document.getElementById('ask-return');
  const line = dialog.querySelector('[data-region]');
  line.textContent = region ? line.dataset.part : line.dataset.whole;
  const said = await ask('ask-return', page.title, { reason: page.reason, box: region ? region.box.map((x) => x.toFixed(4)).join() : '' });
  if (said) judge(page, said);
};
deeds.undo = async () => {
  const id = chosenPage()?.verdict ? chosenPage().id : last;
  if (!id || !(await post(at('verdict_undo', id)))) return;
  choose(id);
  refresh();
};
deeds.ask = async (element) => {
  const deed = element.dataset.dialog.replace('ask-', '');
  const said = await ask(element.dataset.dialog);
  if (said && (await post(urls[deed], said))) refresh();
};
deeds.edit = () => { const page = chosenPage(); if (page) location.assign(at('edit', page.id)); };

// -- a region is dragged on the picture ---------------------------------------------------------------------------

const pictures = document.getElementById('pictures');
let dragging = null;

pictures.addEventListener('pointerdown', (event) => {
  const frame = event.target.closest('.frame');
  if (!frame || event.button) return;
  const area = frame.getBoundingClientRect();
  dragging = { frame, area, from: place(event, area) };
  pictures.setPointerCapture(event.pointerId);
});
pictures.addEventListener('pointermove', (event) => {
  if (!dragging) return;
  const to = place(event, dragging.area);
  const box = [Math.min(dragging.from[0], to[0]), Math.min(dragging.from[1], to[1]), Math.max(dragging.from[0], to[0]), Math.max(dragging.from[1], to[1])];
  if (box[2] - box[0] > 0.01 && box[3] - box[1] > 0.01) region = { page: chosenPage().id, box };
  drawRegion();
});
pictures.addEventListener('pointerup', () => { dragging = null; });

function place(event, area) {
  const bound = (value) => Math.min(1, Math.max(0, value));
  return [bound((event.clientX - area.left) / area.width), bound((event.clientY - area.top) / area.height)];
}

function drawRegion() {
  document.querySelector('.region')?.remove();
  const frame = pictures.querySelector('.frame');
  if (!region || !frame) return;
  const box = document.createElement('div');
  box.className = 'region';
  const [x0, y0, x1, y1] = region.box;
  Object.assign(box.style, { left: `${x0 * 100}%`, top: `${y0 * 100}%`, width: `${(x1 - x0) * 100}%`, height: `${(y1 - y0) * 100}%` });
  frame.append(box);
}

onChosen(tell);
const asked = new URLSearchParams(location.search).get('page');
const first = (asked && document.getElementById(`page-${asked}`)) || thumbs().find(waits) || thumbs()[0];
if (first) choose(first.dataset.id);
nextStepIs();
if (desk.dataset.state !== 'processed') document.getElementById('verdicts').hidden = true;
