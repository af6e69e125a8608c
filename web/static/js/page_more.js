// One page, the rarer deeds: two facing pages split at a line, a secrecy mark decided, a separator given back.
import { ask, deeds, json, post } from './console.js';

const desk = document.getElementById('desk');
const urls = json(desk, 'more');
const splitter = document.getElementById('splitter');
const line = document.getElementById('split-line');
const picture = document.getElementById('split-picture');
const MARGIN = 40;
const STEP = 0.002;
let at = 0.5;

async function act(url, fields) {
  const answer = await post(url, fields);
  if (answer && !answer.go) setTimeout(() => location.reload(), 600);
}

// -- two pages ----------------------------------------------------------------------------------------------------

deeds.split = async () => {
  panel(true);
  const now = json(desk, 'page').spread;
  const found = now === null ? await guess() : { at: now, confidence: 1 };
  document.getElementById('split-found').hidden = !found.confidence;
  document.getElementById('split-not-found').hidden = Boolean(found.confidence);
  put(found.at);
  line.focus();
};
deeds.leave_split = () => panel(false);
deeds.split_save = () => act(urls.gutter, { at: at.toFixed(5) });
deeds.split_one = () => act(urls.gutter, { at: '' });

async function guess() {
  const response = await fetch(urls.gutter, { headers: { Accept: 'application/json' } }).catch(() => null);
  return response?.ok ? response.json() : { at: 0.5, confidence: 0 };
}

function panel(open) {
  document.getElementById('normal').hidden = open;
  document.getElementById('split-tools').hidden = !open;
  splitter.hidden = !open;
  if (open) fit();
}

function fit() {
  if (!picture.src) picture.src = json(desk, 'page').proof;
  if (!picture.naturalWidth) { picture.onload = fit; return; }
  const scale = Math.min((splitter.clientWidth - MARGIN) / picture.naturalWidth, (splitter.clientHeight - MARGIN) / picture.naturalHeight);
  picture.width = Math.floor(picture.naturalWidth * scale);
  picture.height = Math.floor(picture.naturalHeight * scale);
}

function put(value) {
  at = Math.max(0.02, Math.min(0.98, value));
  line.style.left = `${at * 100}%`;
  line.setAttribute('aria-valuenow', Math.round(at * 100));
}

line?.addEventListener('pointerdown', (event) => { line.setPointerCapture(event.pointerId); event.preventDefault(); });
line?.addEventListener('pointermove', (event) => {
  if (!line.hasPointerCapture(event.pointerId)) return;
  const area = picture.getBoundingClientRect();
  put((event.clientX - area.left) / area.width);
});
line?.addEventListener('keydown', (event) => {
  const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  put(at + by * (event.shiftKey ? 10 : 1));
});
addEventListener('resize', () => { if (splitter && !splitter.hidden) fit(); });

// -- marks and separators -----------------------------------------------------------------------------------------

deeds.ask_secret = async (_, fields) => {
  const said = await ask('ask-secret');
  if (said) act(fields.url, { note: said.note });
};
deeds.ask_no_secret = async (_, fields) => {
  const said = await ask('ask-no-secret');
  if (said) act(fields.url, { reason: said.reason });
};
deeds.secret_again = (_, fields) => act(fields.url);
deeds.not_separator = () => act(urls.state, { state: 'live' });
deeds.words = () => location.assign(urls.words);
