// The strip of thumbnails and the page chosen on it. The choice belongs to a page, not to a place in the row.
import { deeds } from './console.js';
import { preload, show } from './well.js';

const strip = document.getElementById('strip');
let chosen = 0;
let following = true;
let changed = () => {};

export function onChosen(handler) { changed = handler; }

export function thumbs() { return [...strip.children]; }

export function pageOf(thumb) { return thumb ? JSON.parse(thumb.dataset.page) : null; }

export function chosenPage() { return pageOf(document.getElementById(`page-${chosen}`)); }

/** Choose a page. A person's choice stops the desk from following new pages; choosing the last one lets it follow again. */
export function choose(id, byPerson = true) {
  const thumb = document.getElementById(`page-${id}`);
  if (!thumb) return;
  chosen = Number(id);
  if (byPerson) following = thumb === strip.lastElementChild || thumb.nextElementSibling === strip.lastElementChild;
  draw();
  thumb.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** Draw the chosen page again, with the other side of its sheet where the desk shows sheets. */
export function draw() {
  const page = chosenPage();
  if (!page) { show([], null); return; }
  const alone = document.body.classList.contains('review');
  const same = alone ? [page] : thumbs().map(pageOf).filter((one) => one.sheet === page.sheet);
  for (const thumb of strip.children) {
    const mine = Number(thumb.dataset.id) === chosen;
    thumb.classList.toggle('chosen', mine);
    if (mine) thumb.setAttribute('aria-current', 'true'); else thumb.removeAttribute('aria-current');
  }
  show(same, page);
  const all = thumbs();
  const where = all.findIndex((one) => Number(one.dataset.id) === chosen);
  preload([1, 2, 3, -1].map((step) => pageOf(all[where + step])));
  changed(page, where, all.length);
}

/** New and changed thumbnails. Answers false when a page belongs between others: the row must be fetched whole. */
export function patch(pages, whole) {
  if (whole) { replaceAll(pages); return true; }
  let arrived = null;
  for (const { id, gone, html } of pages) {
    const old = document.getElementById(`page-${id}`);
    if (gone) { if (old && chosen === id) chosen = 0; old?.remove(); continue; }
    const fresh = made(html);
    if (old) { if (pageOf(old).position !== pageOf(fresh).position) return false; old.replaceWith(fresh); continue; }
    if (!belongsLast(fresh)) return false;
    strip.append(fresh);
    arrived = id;
  }
  settle(arrived);
  return true;
}

function replaceAll(pages) {
  strip.replaceChildren(...pages.filter((one) => !one.gone).map((one) => made(one.html)));
  settle(null);
}

function made(html) {
  const holder = document.createElement('div');
  holder.innerHTML = html.trim();
  return holder.firstElementChild;
}

function belongsLast(thumb) {
  const last = pageOf(strip.lastElementChild);
  const page = pageOf(thumb);
  return !last || page.position > last.position || (page.position === last.position && last.face === 'front');
}

/** A page that arrives is shown only when nobody is looking at another. */
function settle(arrived) {
  const last = strip.lastElementChild;
  if (!document.getElementById(`page-${chosen}`)) chosen = Number(last?.dataset.id || 0);
  if (arrived && following) {
    chosen = arrived;
    last?.scrollIntoView({ block: 'nearest', inline: 'end' });
  }
  draw();
}

function step(by) {
  const all = thumbs();
  const where = all.findIndex((one) => Number(one.dataset.id) === chosen);
  const next = all[where + by];
  if (next) choose(next.dataset.id);
}

/** The next flagged page after the chosen one, around the end to the beginning. */
export function nextWhere(test) {
  const all = thumbs();
  const where = all.findIndex((one) => Number(one.dataset.id) === chosen);
  return [...all.slice(where + 1), ...all.slice(0, where + 1)].find(test);
}

deeds.select = (element) => choose(element.dataset.id);
deeds.previous = () => step(-1);
deeds.following = () => step(1);
deeds.next_flag = () => {
  const next = nextWhere((one) => one.classList.contains('flagged'));
  if (next) choose(next.dataset.id);
};

document.getElementById('pictures').addEventListener('click', (event) => {
  const figure = event.target.closest('figure');
  if (figure) choose(figure.dataset.id);
});
