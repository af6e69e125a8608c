// The words of a page: led from one unsure word to the next, the right word typed, Enter keeps it and goes on.
import { deeds, json, post } from './console.js';

const desk = document.getElementById('desk');
const urls = json(desk, 'urls');
const says = json(desk, 'says');
const boxes = document.getElementById('boxes');
const input = document.getElementById('word');
const picture = document.getElementById('picture');
const place = document.getElementById('place');
const closeup = document.getElementById('closeup');
const LOOK_EVERY = 2000;
const CLOSE = 5; // the close-up shows the word five times as large as the page is shown, or as it fits
let all = json(desk, 'words');
let chosen = -1;
let drawn = null; // a word the machine did not see: its place, drawn by the person
let touched = false;
let busy = false;

function draw() {
  boxes.replaceChildren(...all.words.map((word, number) => {
    const button = document.createElement('button');
    const [x0, y0, x1, y1] = word.at;
    Object.assign(button.style, { left: `${x0 * 100}%`, top: `${y0 * 100}%`, width: `${(x1 - x0) * 100}%`, height: `${(y1 - y0) * 100}%` });
    button.type = 'button';
    button.tabIndex = -1;
    button.className = word.by ? 'seen' : word.unsure ? 'unsure' : '';
    button.title = word.text;
    button.addEventListener('click', () => choose(number));
    return button;
  }));
}

const unsure = () => all.words.flatMap((word, number) => (word.unsure ? [number] : []));

function show(name) {
  for (const one of ['one', 'done', 'empty', 'waiting']) document.getElementById(one).hidden = one !== name;
}

const current = () => drawn ?? all.words[chosen];

/** The word in the panel; the page moves so that it is in sight. */
function choose(number) {
  chosen = number;
  forget();
  for (const [at, button] of [...boxes.children].entries()) button.classList.toggle('chosen', at === number);
  const word = all.words[number];
  if (!word) { finish(); return; }
  const seen = word.by ? says.by.replace('%', word.by) : word.sure;
  open(word, `${says.machine.replace('%', word.raw)} · ${seen}`);
  boxes.children[number].scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
}

function open(word, machine) {
  show('one');
  touched = false;
  input.value = word.text;
  document.getElementById('left').textContent = says.left.replace('%', unsure().length);
  document.getElementById('machine').textContent = machine;
  label();
  magnify(word);
  input.focus();
  input.select();
}

// -- a word that the machine missed: a box is drawn around it ---------------------------------------------------------

const PULL = 6; // px that a click may slip

function forget() {
  drawn = null;
  document.getElementById('drawn')?.remove();
}

/** The part of the picture between two points on the screen, as fractions. */
function between(from, to) {
  const { left, top, width, height } = boxes.getBoundingClientRect();
  const part = (value, low, size) => Math.min(1, Math.max(0, (value - low) / size));
  const [xs, ys] = [[from.x, to.x].sort((a, b) => a - b), [from.y, to.y].sort((a, b) => a - b)];
  return [part(xs[0], left, width), part(ys[0], top, height), part(xs[1], left, width), part(ys[1], top, height)];
}

function frame([x0, y0, x1, y1]) {
  const box = document.getElementById('drawn') ?? boxes.parentElement.appendChild(Object.assign(document.createElement('div'), { id: 'drawn' }));
  Object.assign(box.style, { left: `${x0 * 100}%`, top: `${y0 * 100}%`, width: `${(x1 - x0) * 100}%`, height: `${(y1 - y0) * 100}%` });
}

function drawBox(down) {
  if (!desk.dataset.mend || !all.ready || down.button !== 0) return;
  const from = { x: down.clientX, y: down.clientY };
  let pulled = false;
  const move = (event) => {
    pulled ||= Math.abs(event.clientX - from.x) + Math.abs(event.clientY - from.y) > PULL;
    if (pulled) { getSelection()?.removeAllRanges(); frame(between(from, { x: event.clientX, y: event.clientY })); }
  };
  const ended = new AbortController();
  const up = (event) => {
    ended.abort();
    if (!pulled) return;
    if (event.type === 'pointercancel') { step(1); return; }
    boxes.addEventListener('click', swallow, true); // letting go over a word is no click on it
    setTimeout(() => boxes.removeEventListener('click', swallow, true), 0);
    begun(between(from, { x: event.clientX, y: event.clientY }));
  };
  addEventListener('pointermove', move, { signal: ended.signal });
  addEventListener('pointerup', up, { signal: ended.signal });
  addEventListener('pointercancel', up, { signal: ended.signal });
}

const swallow = (click) => click.stopPropagation();

function begun(at) {
  const [width, height] = all.size;
  chosen = -1;
  for (const button of boxes.children) button.classList.remove('chosen');
  drawn = { text: '', at, px: [Math.floor(at[0] * width), Math.floor(at[1] * height), Math.ceil(at[2] * width), Math.ceil(at[3] * height)] };
  frame(at);
  open(drawn, says.missed);
}

function finish() {
  chosen = -1;
  if (!all.ready) { show('waiting'); return; }
  show(all.words.length ? 'done' : 'empty');
  document.activeElement?.blur();
}

function label() {
  const text = document.getElementById('save-says');
  if (text) text.textContent = drawn ? says.new : input.value.trim() === current()?.text ? says.keep : says.save;
}

function magnify(word) {
  const [x0, y0, x1, y1] = word.at;
  const scale = Math.min(CLOSE, closeup.clientWidth / ((x1 - x0) * picture.clientWidth * 1.3), closeup.clientHeight / ((y1 - y0) * picture.clientHeight * 1.6));
  const [width, height] = [picture.clientWidth * scale, picture.clientHeight * scale];
  closeup.style.backgroundImage = `url("${picture.dataset.full}"), url("${picture.src}")`;
  closeup.style.backgroundSize = `${width}px ${height}px`;
  closeup.style.backgroundPosition = `${closeup.clientWidth / 2 - (x0 + x1) / 2 * width}px ${closeup.clientHeight / 2 - (y0 + y1) / 2 * height}px`;
}

function step(by) {
  const left = unsure();
  const next = by > 0 ? left.find((number) => number > chosen) ?? left[0] : [...left].reverse().find((number) => number < chosen) ?? left.at(-1);
  choose(next ?? -1);
}

async function keep(after) {
  const word = current();
  if (!word || busy || !desk.dataset.mend || (drawn && !after.trim())) return;
  busy = true;
  const from = word.px;
  const answer = await (drawn ? post(urls.add, { box: word.px.join(), after }) : post(urls.mend, { box: word.px.join(), before: word.text, after }));
  busy = false;
  if (!answer && drawn) return; // the box and what was typed stay
  if (!answer) { await renew(); return; }
  take(answer.words);
  // where the word stood, whatever became of it: the next unsure one behind it
  const at = all.words.findIndex((one) => one.px[1] === from[1] && one.px[0] >= from[0]);
  chosen = at < 0 ? chosen : at;
  step(1);
}

function take(fresh) {
  all = fresh;
  draw();
}

async function renew() {
  const response = await fetch(urls.words, { headers: { Accept: 'application/json' } }).catch(() => null);
  if (response?.ok) { take(await response.json()); if (!drawn && (chosen < 0 || touched === false)) begin(); }
}

deeds.save = () => (current() ? keep(input.value) : deeds[document.getElementById('done').hidden ? 'following' : 'after']?.());
deeds.none = () => (drawn ? step(1) : keep(''));
deeds.following = () => step(1);
deeds.previous = () => step(-1);
deeds.back = () => location.assign(urls.back);
deeds.after = () => location.assign(urls.after || urls.back);
deeds.before = () => { if (urls.before) location.assign(urls.before); };
deeds.undo = async () => {
  const answer = await post(urls.undo);
  if (answer) { take(answer.words); step(1); }
};

input.addEventListener('input', () => { touched = true; label(); });
document.addEventListener('keydown', (event) => {
  if (event.isComposing || document.querySelector('dialog[open]')) return;
  const inField = event.target === input;
  if (event.key === 'Tab' && (inField || event.target === document.body)) { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
  if (!inField) return;
  if (event.key === 'Enter') { event.preventDefault(); keep(input.value); }
  if (event.key === 'Escape') { event.preventDefault(); if (drawn) step(1); else deeds.back(); }
  if (event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !touched) { event.preventDefault(); deeds.undo(); }
});

function begin() {
  draw();
  if (!all.ready) { finish(); setTimeout(renew, LOOK_EVERY); return; }
  step(1);
}

/** The full picture takes the proof's place once it is there. */
function sharpen() {
  const full = new Image();
  full.addEventListener('load', () => { picture.src = picture.dataset.full; });
  full.src = picture.dataset.full;
}

boxes.addEventListener('pointerdown', drawBox);
addEventListener('resize', () => { if (current()) magnify(current()); });
place.scrollTop = 0;
if (picture.complete) { begin(); sharpen(); } else picture.addEventListener('load', () => { begin(); sharpen(); }, { once: true });
