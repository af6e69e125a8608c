// The well: the sheet on grey, findings drawn on it, the loupe, the comparison with the master.
import { holds } from './console.js';

const pictures = document.getElementById('pictures');
const empty = document.getElementById('well-empty');
const found = document.getElementById('found');
const loupe = document.getElementById('loupe');
const LOUPE_ZOOM = 0.6; // of the full picture: three to five times what is on the screen, still finer than paper at arm's length
const GAP = 14;
const CAPTION = 32;

/** Draw these pages side by side; `chosen` is the one that keys act on. */
export function show(pages, chosen) {
  empty.hidden = pages.length > 0;
  const wanted = pages.map((page) => `${page.id}:${page.proof}:${page.ready}`).join();
  if (pictures.dataset.shown !== wanted) {
    pictures.dataset.shown = wanted;
    pictures.replaceChildren(...pages.map(figure));
    pictures.classList.toggle('pair', pages.length > 1);
  }
  fit();
  for (const one of pictures.children) one.classList.toggle('chosen', pages.length > 1 && Number(one.dataset.id) === chosen.id);
  for (const page of pages) boxes(page);
  if (pages.length) tell(chosen);
}

function figure(page) {
  const figure = document.createElement('figure');
  figure.dataset.id = page.id;
  figure.innerHTML = '<div class="frame"><img alt="" draggable="false"><div class="boxes"></div></div><figcaption></figcaption>';
  const image = figure.querySelector('img');
  if (page.ready) image.src = page.proof;
  else figure.classList.add('coming');
  figure.dataset.ratio = page.size[0] / page.size[1];
  image.addEventListener('load', fit);
  image.alt = page.title;
  image.dataset.proof = page.proof;
  image.dataset.whole = page.whole;
  image.dataset.full = page.full;
  figure.querySelector('figcaption').textContent = page.caption;
  return figure;
}

/** Each picture as large as its share of the well allows, its frame exactly around it: findings lie where they belong. */
function fit() {
  const figures = [...pictures.children];
  const wide = (pictures.clientWidth - GAP * (figures.length - 1)) / figures.length;
  const high = pictures.clientHeight - CAPTION;
  for (const figure of figures) {
    const image = figure.querySelector('img');
    const ratio = image.naturalWidth ? image.naturalWidth / image.naturalHeight : Number(figure.dataset.ratio);
    const width = Math.max(60, Math.min(wide, high * ratio));
    Object.assign(figure.querySelector('.frame').style, { width: `${width}px`, height: `${width / ratio}px` });
    figure.querySelector('figcaption').style.maxWidth = `${wide}px`;
  }
}
new ResizeObserver(fit).observe(pictures);

/** Findings as frames on their place: fractions of the proof picture. */
function boxes(page) {
  const figure = pictures.querySelector(`figure[data-id="${page.id}"]`);
  figure.querySelector('figcaption').textContent = page.caption;
  const places = page.findings.filter((one) => one.box && one.level !== 'info' && !one.decided);
  figure.querySelector('.boxes').replaceChildren(...places.map((one) => {
    const box = document.createElement('div');
    box.className = `box ${one.level}`;
    const [x0, y0, x1, y1] = one.box;
    Object.assign(box.style, { left: `${x0 * 100}%`, top: `${y0 * 100}%`, width: `${(x1 - x0) * 100}%`, height: `${(y1 - y0) * 100}%` });
    box.innerHTML = '<span></span>';
    box.firstChild.textContent = `${one.mark} ${one.name}`;
    return box;
  }), ...region(page));
}

/** The place a reviewer drew when returning the page. */
function region(page) {
  if (!page.region) return [];
  const [x0, y0, x1, y1] = page.region;
  const box = document.createElement('div');
  box.className = 'region';
  Object.assign(box.style, { left: `${x0 * 100}%`, top: `${y0 * 100}%`, width: `${(x1 - x0) * 100}%`, height: `${(y1 - y0) * 100}%` });
  return [box];
}

/** The chosen page's findings in words, under the picture. Desks that have a column for them leave this empty. */
function tell(page) {
  if (!found || found.dataset.off) return;
  const lines = page.findings.filter((one) => one.level !== 'info').map(findingLine);
  const open = page.findings.findIndex((one) => one.level !== 'info' && !one.decided);
  if (open >= 0 && found.dataset.original) lines[open].append(originalButton(page.findings[open]));
  found.replaceChildren(...lines);
  found.hidden = lines.length === 0;
}

export function findingLine(one) {
  const line = document.createElement('p');
  line.className = `finding ${one.level}${one.decided ? ' decided' : ''}`;
  line.innerHTML = '<span><b></b> <em></em> <i></i> <small></small></span>';
  line.querySelector('b').textContent = `${one.mark} ${one.name}`;
  line.querySelector('em').textContent = one.line;
  line.querySelector('i').textContent = one.cure;
  line.querySelector('small').textContent = one.check;
  return line;
}

/** The worst open finding can be answered from here: the original is so. */
function originalButton(one) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  Object.assign(button.dataset, { deed: 'original', key: 'O', quiet: '', fields: JSON.stringify({ finding: one.id }) });
  button.innerHTML = '<span></span> <kbd>O</kbd>';
  button.querySelector('span').textContent = found.dataset.original;
  return button;
}

/** Fetch pictures before they are asked for. */
const fetched = new Set();
export function preload(pages) {
  for (const page of pages) {
    if (!page?.ready || fetched.has(page.proof)) continue;
    fetched.add(page.proof);
    new Image().src = page.proof;
  }
}

// -- loupe: the page at full size around the pointer --------------------------------------------------------------

let pointer = { x: innerWidth / 2, y: innerHeight / 2 };
let magnified = null;

document.addEventListener('pointermove', (event) => {
  pointer = { x: event.clientX, y: event.clientY };
  if (!loupe.hidden) magnify();
});

holds.loupe = (down) => {
  loupe.hidden = !down;
  if (down) magnify();
};

function magnify() {
  const under = document.elementsFromPoint(pointer.x, pointer.y).find((one) => one.matches?.('.frame, .frame *'));
  const frame = under?.closest('.frame') || pictures.querySelector('.chosen .frame') || pictures.querySelector('.frame');
  if (!frame) { loupe.hidden = true; return; }
  const image = frame.querySelector('img');
  const area = image.getBoundingClientRect();
  const inside = pointer.x >= area.left && pointer.x <= area.right && pointer.y >= area.top && pointer.y <= area.bottom;
  const x = inside ? pointer.x : area.left + area.width / 2;
  const y = inside ? pointer.y : area.top + area.height / 3;
  if (magnified?.of !== image.src) {
    magnified = { of: image.src, picture: new Image() };
    const one = magnified;
    one.picture.src = image.dataset.full;
    one.picture.addEventListener('load', () => { if (magnified === one && !loupe.hidden) magnify(); });
  }
  const sharp = magnified.picture.naturalWidth > 0;
  const width = (sharp ? magnified.picture.naturalWidth : image.naturalWidth) * LOUPE_ZOOM;
  const height = width * area.height / area.width;
  const [across, down] = [loupe.offsetWidth / 2, loupe.offsetHeight / 2];
  loupe.style.left = `${x - across}px`;
  loupe.style.top = `${y - down}px`;
  loupe.style.backgroundImage = `url("${sharp ? magnified.picture.src : image.src}")`;
  loupe.style.backgroundSize = `${width}px ${height}px`;
  loupe.style.backgroundPosition = `${across - (x - area.left) / area.width * width}px ${down - (y - area.top) / area.height * height}px`;
}

// -- compare: the master's own picture while X is held ------------------------------------------------------------

holds.compare = (down) => {
  for (const image of pictures.querySelectorAll('img')) {
    image.src = down ? image.dataset.whole : image.dataset.proof;
  }
  pictures.classList.toggle('comparing', down);
};
