// One page: zoom and pan, findings on their place, turning, cropping by dragging, straightening against a grid.
import { deeds, holds, json, post, say } from './console.js';

const desk = document.getElementById('desk');
const urls = json(desk, 'urls');
const page = json(desk, 'page');
const skew = document.getElementById('skew');
const cropper = document.getElementById('cropper');
const stage = document.getElementById('crop-stage');
const picture = document.getElementById('crop-picture');
const box = document.getElementById('crop-box');
const WHOLE = [0, 0, 1, 1];
const MARGIN = 40;
const LOOK_EVERY = 1500;
const LOUPE = 3.5;
let frame = [0.02, 0.02, 0.98, 0.98];
let viewer = null;

// -- the viewer ---------------------------------------------------------------------------------------------------

function size(url) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve({ url, width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = reject;
    image.src = url;
  });
}

/** The viewer wants to add a style of its own where it finds none; the page's policy forbids that, so it finds one. */
function ownStyle() {
  const style = document.createElementNS('urn:none', 'style'); // found by its name, but no style sheet
  style.setAttribute('data-openseadragon-mobile-css', 'true');
  document.head.append(style);
}

async function open() {
  if (!desk.dataset.ready) return; // it comes with the next look
  const proof = await size(page.proof);
  ownStyle();
  viewer = window.OpenSeadragon({
    element: document.getElementById('viewer'),
    tileSources: { type: 'legacy-image-pyramid', levels: [proof] },
    showNavigationControl: false, drawer: 'canvas', animationTime: 0.25, springStiffness: 12, maxZoomPixelRatio: 4, visibilityRatio: 0.4,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true }, keyboardNavEnabled: false, crossOriginPolicy: false,
  });
  viewer.addOnceHandler('open', () => { drawFindings(proof); sharpen(proof); });
  viewer.innerTracker.keyHandler = null;
}

/** The full picture takes the proof's place once it is there; the view does not move. */
async function sharpen(proof) {
  try {
    const full = await size(page.full);
    if (full.width <= proof.width) return;
    viewer.addTiledImage({ tileSource: { type: 'legacy-image-pyramid', levels: [full] }, width: 1 });
  } catch { /* the proof stays */ }
}

function drawFindings(proof) {
  const ratio = proof.height / proof.width;
  if (page.spread !== null) {
    const element = document.createElement('div');
    element.className = 'gutter';
    viewer.addOverlay({ element, location: new window.OpenSeadragon.Rect(page.spread, 0, 0.001, ratio) });
  }
  for (const one of page.findings) {
    if (!one.box || one.decided || one.level === 'info') continue;
    const [x0, y0, x1, y1] = one.box;
    const element = document.createElement('div');
    element.className = `box ${one.level}`;
    element.innerHTML = '<span></span>';
    element.firstChild.textContent = `${one.mark} ${one.name}`;
    viewer.addOverlay({ element, location: new window.OpenSeadragon.Rect(x0, y0 * ratio, x1 - x0, (y1 - y0) * ratio) });
  }
}

deeds.zoom_in = () => viewer?.viewport.zoomBy(1.4).applyConstraints();
deeds.zoom_out = () => viewer?.viewport.zoomBy(1 / 1.4).applyConstraints();
deeds.fit = () => viewer?.viewport.goHome();
deeds.back = () => location.assign(urls.back);
deeds.before = () => { if (urls.before) location.assign(urls.before); };
deeds.after = () => { if (urls.after) location.assign(urls.after); };
holds.compare = (down) => {
  if (!cropper.hidden && !comparing) return;
  comparing = down;
  stage.classList.remove('level');
  box.hidden = down;
  cropper.hidden = !down;
  if (down) fit();
};
let comparing = false;

/** While Z is held the page stands close around the pointer, then as before. */
let pointer = null;
document.getElementById('viewer').addEventListener('pointermove', (event) => { pointer = event; });
let before = null;
holds.loupe = (down) => {
  if (!viewer || !cropper.hidden) return;
  if (down && !before) {
    before = viewer.viewport.getBounds();
    const area = viewer.element.getBoundingClientRect();
    const at = pointer ? [pointer.clientX - area.left, pointer.clientY - area.top] : [area.width / 2, area.height / 2];
    viewer.viewport.zoomBy(LOUPE, viewer.viewport.pointFromPixel(new window.OpenSeadragon.Point(...at))).applyConstraints();
  } else if (!down && before) {
    viewer.viewport.fitBounds(before);
    before = null;
  }
};

// paper is scanned at the desk: there the scanner, its profile and the counts are in sight
deeds.ask_rescan = () => location.assign(`${urls.back}&ask=rescan`);
deeds.ask_insert = () => location.assign(`${urls.back}&ask=insert`);

// -- deeds --------------------------------------------------------------------------------------------------------

async function act(url, fields) {
  const answer = await post(url, fields);
  if (answer) setTimeout(() => location.reload(), 600); // long enough to read what was done, short enough to see it done
}

deeds.turn_right = () => act(urls.turn, { degrees: 90 });
deeds.turn_left = () => act(urls.turn, { degrees: -90 });
deeds.blank = () => act(urls.blank, { blank: page.blank ? 'no' : 'yes' });
deeds.undo = () => act(urls.undo);
deeds.original = (_, fields) => act(urls.original.replace('/0/', `/${fields.finding}/`), { undo: fields.undo ? 1 : '' });
deeds.crop_save = () => act(urls.crop, { box: frame.map((x) => x.toFixed(5)).join() });
deeds.crop_machine = () => act(urls.crop, { box: '' });
deeds.skew_save = () => act(urls.straighten, { degrees: skew.value });
deeds.skew_machine = () => act(urls.straighten, { degrees: '' });
deeds.crop = () => tool('crop-tools');
deeds.straighten = () => tool('skew-tools');
deeds.leave_tool = () => tool('normal');

document.getElementById('move')?.addEventListener('change', (event) => act(urls.move, { after: event.target.value === 'first' ? '' : event.target.value }));
document.getElementById('sheet-state')?.addEventListener('change', (event) => act(urls.state, { state: event.target.value }));

function tool(name) {
  for (const one of ['normal', 'crop-tools', 'skew-tools']) document.getElementById(one).hidden = one !== name;
  cropper.hidden = name === 'normal';
  box.hidden = false;
  stage.classList.toggle('level', name === 'skew-tools');
  picture.style.rotate = '';
  if (name !== 'normal') fit();
  if (name === 'skew-tools') { level(); skew.focus(); } else if (name === 'crop-tools') box.focus();
}

/** The whole picture as large as its place allows. */
function fit() {
  if (!picture.src) picture.src = page.whole;
  if (!picture.naturalWidth) { picture.onload = fit; picture.onerror = () => say(document.body.dataset.lost); return; }
  const scale = Math.min((cropper.clientWidth - MARGIN) / picture.naturalWidth, (cropper.clientHeight - MARGIN) / picture.naturalHeight);
  picture.width = Math.floor(picture.naturalWidth * scale);
  picture.height = Math.floor(picture.naturalHeight * scale);
  place();
}

function place() {
  const [x0, y0, x1, y1] = frame;
  Object.assign(box.style, { left: `${x0 * 100}%`, top: `${y0 * 100}%`, width: `${(x1 - x0) * 100}%`, height: `${(y1 - y0) * 100}%` });
}

function level() {
  picture.style.rotate = `${-skew.value}deg`;
  document.getElementById('skew-reading').textContent = `${Number(skew.value).toLocaleString(document.documentElement.lang, { minimumFractionDigits: 1 })}°`;
}
skew?.addEventListener('input', level);
addEventListener('resize', () => { if (!cropper.hidden) fit(); });

// -- the crop frame -----------------------------------------------------------------------------------------------

const SMALLEST = 0.05;
const EDGES = { n: [0, 1, 0, 0], s: [0, 0, 0, 1], w: [1, 0, 0, 0], e: [0, 0, 1, 0], nw: [1, 1, 0, 0], ne: [0, 1, 1, 0], sw: [1, 0, 0, 1], se: [0, 0, 1, 1] };
let drag = null;

box.addEventListener('pointerdown', (event) => {
  drag = { edges: EDGES[event.target.dataset.grip] || [1, 1, 1, 1], from: [event.clientX, event.clientY], start: [...frame], id: event.pointerId };
  box.setPointerCapture(event.pointerId);
  event.preventDefault();
});
box.addEventListener('pointermove', (event) => {
  if (!drag) return;
  pull((event.clientX - drag.from[0]) / picture.width, (event.clientY - drag.from[1]) / picture.height, drag.edges, drag.start);
});
box.addEventListener('pointerup', () => { drag = null; });
box.addEventListener('keydown', (event) => {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  pull(step[0] * 0.005, step[1] * 0.005, event.shiftKey ? [0, 0, 1, 1] : [1, 1, 1, 1], [...frame]);
});

function pull(dx, dy, edges, start) {
  if (edges.every(Boolean)) { // the frame moves as it is
    dx = Math.max(-start[0], Math.min(1 - start[2], dx));
    dy = Math.max(-start[1], Math.min(1 - start[3], dy));
  }
  const moved = start.map((value, i) => value + edges[i] * (i % 2 ? dy : dx));
  if (edges[0]) moved[0] = Math.max(WHOLE[0], edges[2] ? moved[0] : Math.min(moved[0], moved[2] - SMALLEST));
  if (edges[1]) moved[1] = Math.max(WHOLE[1], edges[3] ? moved[1] : Math.min(moved[1], moved[3] - SMALLEST));
  if (edges[2]) moved[2] = Math.min(WHOLE[2], edges[0] ? moved[2] : Math.max(moved[2], moved[0] + SMALLEST));
  if (edges[3]) moved[3] = Math.min(WHOLE[3], edges[1] ? moved[3] : Math.max(moved[3], moved[1] + SMALLEST));
  frame = moved;
  place();
}

// -- the page as it is now: a picture made anew meanwhile is shown, unless somebody is at work on the old one ---------------

async function look() {
  if (cropper.hidden && document.getElementById('splitter').hidden && !document.querySelector('dialog[open]')) {
    const response = await fetch(`${urls.changes}?after=${desk.dataset.revision}`, { headers: { Accept: 'application/json' } }).catch(() => null);
    const changed = response?.ok ? await response.json() : null;
    if (changed?.pages.some((one) => one.id === page.id)) { location.reload(); return; }
    if (changed) desk.dataset.revision = changed.revision;
  }
  setTimeout(look, LOOK_EVERY);
}
setTimeout(look, LOOK_EVERY);

open();
