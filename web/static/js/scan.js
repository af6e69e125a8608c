// The scan desk: the card with the next step, the ledger, the scanner, and deeds on the chosen page.
import { ask, deeds, json, post } from './console.js';
import { watch } from './live.js';
import { choose, chosenPage, draw, pageOf, patch as patchStrip, thumbs } from './strip.js';

const desk = document.getElementById('desk');
const urls = json(desk, 'urls');
const at = (name, id) => urls[name].replace('/0/', `/${id}/`).replace(/\/0$/, `/${id}`);

function apply(patch) {
  for (const [name, html] of Object.entries(patch.html)) replace(name, html);
  const good = patchStrip(patch.pages, patch.whole);
  const flags = document.getElementById('flags');
  if (flags) flags.textContent = thumbs().filter((one) => one.classList.contains('flagged')).length;
  return good;
}

/** A part is replaced only when it changed; the scanner chosen by a person stays chosen. */
function replace(name, html) {
  const old = document.getElementById(name);
  if (old.dataset.html === html) return;
  if (name === 'status') { old.innerHTML = html; old.dataset.html = html; return; }
  const holder = document.createElement('div');
  holder.innerHTML = html.trim();
  const fresh = holder.firstElementChild;
  fresh.dataset.html = html;
  if (name === 'profile') keepChoice(old, fresh);
  old.replaceWith(fresh);
  if (name === 'profile') able();
}

function keepChoice(old, fresh) {
  for (const box of old.querySelectorAll('input')) {
    const twin = fresh.querySelector(`[name="${box.name}"]`);
    if (twin) { twin.checked = box.checked; twin.value = box.value; }
  }
  for (const one of old.querySelectorAll('details[open]')) fresh.querySelector(`details.${one.className}`)?.setAttribute('open', '');
  for (const select of old.querySelectorAll('select')) {
    const twin = fresh.querySelector(`select[name="${select.name}"]`);
    if (twin && [...twin.options].some((one) => one.value === select.value)) twin.value = select.value;
  }
}

/** Profiles the chosen scanner cannot do are closed; the line below tells what the chosen one means. */
function able() {
  const form = document.getElementById('scanner');
  if (!form) return;
  const device = form.elements.device.selectedOptions[0];
  const can = json(device, 'able');
  for (const option of form.elements.profile.options) option.disabled = !can.includes(option.value);
  if (form.elements.profile.selectedOptions[0]?.disabled) {
    const first = [...form.elements.profile.options].find((one) => !one.disabled);
    if (first) form.elements.profile.value = first.value;
  }
  const waits = (device.dataset.waits || '').split(' ').filter(Boolean);
  form.elements.wait.closest('label').hidden = waits.length === 0;
  for (const option of form.elements.wait.options) option.disabled = option.value !== '' && !waits.includes(option.value);
  if (form.elements.wait.selectedOptions[0]?.disabled) form.elements.wait.value = '';
  for (const line of form.querySelectorAll('[data-about]')) line.hidden = line.dataset.about !== form.elements.profile.value;
  const way = form.elements.fragile.checked ? device.dataset.gentle : form.elements.profile.selectedOptions[0]?.dataset.source;
  for (const line of form.querySelectorAll('[data-way]')) line.hidden = line.dataset.way !== way;
  for (const line of form.querySelectorAll('[data-held]')) line.hidden = line.dataset.held !== device.value;
  for (const line of form.querySelectorAll('[data-misfit]')) line.hidden = line.dataset.misfit !== device.value;
  for (const line of form.querySelectorAll('[data-fragile]')) line.hidden = !form.elements.fragile.checked || line.dataset.fragile !== device.dataset.gentle;
  tellChosen(form);
}

/** What is chosen among the other ways stands beside their heading, so that it is seen while they are folded. */
function tellChosen(form) {
  const boxes = [...form.querySelectorAll('[data-said]')].filter((box) => box.checked && !box.closest('[hidden]'));
  const wait = form.elements.wait;
  const said = [...(wait.value ? [wait.selectedOptions[0].textContent] : []), ...boxes.map((box) => box.dataset.said)];
  document.getElementById('ways-chosen').textContent = said.length ? `✓ ${said.join(', ')}` : '';
}

function scanner() {
  const form = document.getElementById('scanner');
  if (!form) return { device: '', profile: '' };
  return { device: form.elements.device.value, profile: form.elements.profile.value, wait: form.elements.wait.value, fragile: form.elements.fragile.checked ? 1 : '' };
}

const live = watch(desk, apply);

async function act(url, fields) {
  const answer = await post(url, fields);
  live.now();
  return answer;
}

deeds.start = () => act(urls.start, scanner());
deeds.start_nearest = (_, fields) => act(urls.start, { ...scanner(), ...fields, nearest: 1 });
deeds.begin = (_, fields) => act(urls.begin, fields);
deeds.overlap = (_, fields) => act(at('overlap', fields.overlap), { keep: fields.keep });
deeds.show_overlap = () => { document.getElementById('overlap').hidden = false; };
deeds.later_overlap = () => { document.getElementById('overlap').hidden = true; };
deeds.stop = (_, fields) => act(urls.stop, fields);
deeds.resume = (_, fields) => act(urls.resume, fields);
deeds.give_up = (_, fields) => act(urls.give_up, fields);
deeds.hand_over = () => act(urls.hand_over);
deeds.refresh_devices = () => act(urls.refresh_devices);
deeds.imports = () => location.assign(urls.imports);
deeds.cleaned = (_, fields) => act(urls.cleaned, fields);
deeds.undo = () => act(urls.undo);
deeds.count = async () => {
  const said = await ask('ask-count');
  if (said) act(urls.prepared, said);
};
deeds.rescan = (_, fields) => rescan(fields.page);
deeds.ask_rescan = () => rescan(chosenPage()?.id);
deeds.ask_insert = async () => {
  const page = chosenPage();
  const said = await ask('ask-insert', page?.label || '0');
  if (said) act(urls.insert, { ...scanner(), ...said, sheet: page?.sheet ?? '' });
};
deeds.blank = () => onPage((page) => act(at('blank', page.id), { blank: page.blank ? 'no' : 'yes' }));
deeds.turn = () => onPage((page) => act(at('turn', page.id), { degrees: 90 }));
deeds.original = (_, fields) => act(at('original', fields.finding), { undo: fields.undo ? 1 : '' });
deeds.edit = () => onPage((page) => location.assign(at('edit', page.id)));

async function rescan(id) {
  if (!id) return;
  choose(id);
  const page = chosenPage();
  const said = await ask('ask-rescan', page?.label || '');
  if (said) act(at('rescan', id), { ...scanner(), ...said });
}

/** A page that waits to be scanned again is what the operator came for. */
function returned(thumb) {
  return pageOf(thumb).returned;
}

function onPage(deed) {
  const page = chosenPage();
  if (page) deed(page);
}

document.addEventListener('change', (event) => { if (event.target.closest('#scanner')) able(); });
document.getElementById('pictures').addEventListener('dblclick', () => deeds.edit());

able();
const search = new URLSearchParams(location.search);
const asked = search.get('page');
if (asked && document.getElementById(`page-${asked}`)) choose(asked);
else if (thumbs().some(returned)) choose(thumbs().find(returned).dataset.id);
else if (thumbs().length) choose(thumbs().at(-1).dataset.id, false);
else draw();
if (search.has('ask')) {
  history.replaceState(null, '', `${location.pathname}?page=${asked}`);
  deeds[`ask_${search.get('ask')}`]?.();
}
