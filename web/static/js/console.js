// What every page has: deeds (buttons that act), keys (buttons reached by the keyboard), posting, one line of news.

/** deed name → function(button, fields). A page adds its own; a button names its deed in data-deed. */
export const deeds = {};

const csrf = document.querySelector('meta[name="csrf"]').content;
const said = document.getElementById('said');

export function json(element, name) {
  const text = element?.dataset[name];
  return text ? JSON.parse(text) : {};
}

/** Send a deed. Answers what the server said, or null after showing its refusal; nothing on the page is lost. */
export async function post(url, fields = {}, refusal = null) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) body.set(name, value ?? '');
  body.set('csrf_token', csrf);
  try {
    const response = await fetch(url, { method: 'POST', body, headers: { Accept: 'application/json' } });
    if (response.status === 401) return refuse(document.body.dataset.signedOut, refusal);
    const answer = await response.json();
    if (answer.error) return refuse(answer.error, refusal);
    if (answer.go) { location.assign(answer.go); return answer; }
    if (answer.say) say(answer.say);
    return answer;
  } catch {
    return refuse(document.body.dataset.lost, refusal);
  }
}

/** News, gone by itself after a while. */
export function say(line) {
  const news = document.createElement('p');
  news.textContent = line;
  said.replaceChildren(news);
  setTimeout(() => news.remove(), 6000);
}

/** A refusal stays until the next deed. */
export function refuse(line, place = null) {
  const where = place || document.querySelector('dialog[open] .refusal') || document.getElementById('refusal');
  if (where) { where.textContent = line; where.hidden = false; where.scrollIntoView({ block: 'nearest' }); }
  else { const news = document.createElement('p'); news.className = 'bad'; news.textContent = line; said.replaceChildren(news); }
  return null;
}

export function clearRefusals() {
  for (const line of document.querySelectorAll('.refusal')) line.hidden = true;
}

/** Open a dialog; words with % get `what`. Answers its fields on the chosen button, null when it was left. */
export function ask(id, what = '', fields = {}) {
  const dialog = document.getElementById(id);
  const form = dialog.querySelector('form');
  form.reset();
  for (const part of dialog.querySelectorAll('[data-say]')) part.textContent = part.dataset.say.replace('%', what);
  for (const [name, value] of Object.entries(fields)) if (form.elements[name]) form.elements[name].value = value;
  dialog.returnValue = '';
  dialog.showModal();
  (form.querySelector('[type=radio]:checked') || form.querySelector('[required]') || form.querySelector('button.primary'))?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue ? Object.fromEntries(new FormData(form)) : null);
    }, { once: true });
  });
}

// -- keys --------------------------------------------------------------------------------------------------------

const ARROWS = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };

/** The name of a key as buttons write it. A Vietnamese keyboard still gives R for R: letters go by their place. */
function keyName(event) {
  if (event.code === 'KeyZ' && (event.ctrlKey || event.metaKey)) return 'Ctrl+Z';
  if (event.ctrlKey || event.metaKey || event.altKey) return '';
  if (event.key === '?') return '?';
  if (/^Key[A-Z]$/.test(event.code)) return event.shiftKey ? '' : event.code.slice(3);
  return ARROWS[event.key] || event.key;
}

function typing(element) {
  if (!(element instanceof HTMLElement) || /^(radio|checkbox)$/.test(element.type || '')) return false;
  return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
}

function shown(element) {
  return !element.disabled && element.getClientRects().length > 0;
}

function keyed(name) {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(name)}"]`)].filter(shown);
  return all.find((element) => !element.matches('.key')) || all[0];
}

/** The large action of the page. */
export function nextStep() {
  return [...document.querySelectorAll('#card .primary, #verdicts .primary, main .primary')].find(shown);
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || typing(event.target)) return;
  if (document.querySelector('dialog[open]')) { dialogKey(event); return; }
  const name = keyName(event);
  if (name === 'Enter' && event.target.closest?.('a, button:not([data-quiet]), summary')) return;
  const button = name === 'Enter' ? (keyed('Enter') || nextStep()) : name && keyed(name);
  if (!button) return;
  event.preventDefault();
  if (button.dataset.hold) { if (!event.repeat) holds[button.dataset.hold]?.(true); return; }
  if (event.repeat && !ARROWS[event.key]) return;
  button.click();
}

/** In a dialog the digits choose a reason, and nothing outside it acts. */
function dialogKey(event) {
  const dialog = document.querySelector('dialog[open]');
  if (dialog.id === 'help' && event.key === '?') { dialog.close(); event.preventDefault(); return; }
  const reasons = dialog.querySelectorAll('.reason input');
  if (reasons.length && /^[0-9]$/.test(event.key)) {
    const chosen = reasons[(Number(event.key) + 9) % 10];
    if (chosen) { chosen.checked = true; chosen.focus(); event.preventDefault(); }
  }
}

/** hold name → function(down). While the key or the mouse button is down. */
export const holds = {};

function onKeyUp(event) {
  const name = keyName(event);
  const button = name && document.querySelector(`[data-hold][data-key="${CSS.escape(name)}"]`);
  if (button) holds[button.dataset.hold]?.(false);
}

// -- deeds every page has ----------------------------------------------------------------------------------------

deeds.link = (element) => { location.assign(element.href); };
deeds.home = (element) => { location.assign(element.href || json(document.getElementById('desk'), 'urls').home || '/'); };
deeds.next_step = () => nextStep()?.click();
deeds.help = () => {
  const seen = new Map();
  for (const element of [...document.querySelectorAll('[data-key], footer .key')].filter(shown)) {
    const key = element.querySelector('kbd')?.textContent || element.dataset.key;
    const label = withoutKey(element) || element.getAttribute('aria-label');
    if (key && label && !seen.has(key)) seen.set(key, label);
  }
  const rows = [...seen].map(([key, label]) => {
    const row = document.createElement('div');
    row.innerHTML = '<dt><kbd></kbd></dt><dd></dd>';
    row.querySelector('kbd').textContent = key;
    row.querySelector('dd').textContent = label;
    return row;
  });
  document.getElementById('help-keys').replaceChildren(...rows);
  document.getElementById('help').showModal();
};

/** What a button says, without the key it shows: "Cắt viền" stays whole beside its C. */
function withoutKey(element) {
  const copy = (element.querySelector('span') || element).cloneNode(true);
  for (const key of copy.querySelectorAll('kbd')) key.remove();
  return copy.textContent.trim();
}

function onClick(event) {
  if (event.defaultPrevented) return; // the page's own script brings this module a second time
  const closer = event.target.closest('[data-close]');
  if (closer) { closer.closest('dialog').close(''); return; }
  const element = event.target.closest('[data-deed]');
  if (!element || !deeds[element.dataset.deed]) return;
  if (element.tagName === 'A' && (event.ctrlKey || event.metaKey || event.button)) return;
  event.preventDefault();
  clearRefusals();
  deeds[element.dataset.deed](element, json(element, 'fields'));
}

/** Forms marked data-post are sent without leaving the page: a refusal stands in the form, what was typed stays. */
async function onSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || !form.matches('[data-post]')) return;
  event.preventDefault();
  const button = event.submitter;
  if (button) button.disabled = true;
  const fields = Object.fromEntries(new FormData(form, button));
  const answer = await post(form.action, fields, form.querySelector('.refusal'));
  if (button) button.disabled = false;
  if (answer && form.dataset.after === 'reload') location.reload();
}

/** A code picked from a list brings its name along, unless a person wrote one. */
function onChange(event) {
  const input = event.target;
  if (!input.dataset?.names || !input.list) return;
  const option = [...input.list.options].find((one) => one.value === input.value);
  const name = input.form.elements[input.dataset.names];
  if (option && name && (!name.value || name.dataset.filled)) { name.value = option.dataset.name; name.dataset.filled = '1'; }
}

function holdByMouse(event) {
  const button = event.target.closest?.('[data-hold]');
  if (!button) return;
  event.preventDefault();
  holds[button.dataset.hold]?.(true);
  addEventListener('pointerup', () => holds[button.dataset.hold]?.(false), { once: true });
}

document.addEventListener('keydown', onKey);
document.addEventListener('keyup', onKeyUp);
document.addEventListener('click', onClick);
document.addEventListener('submit', onSubmit);
document.addEventListener('change', onChange);
document.addEventListener('pointerdown', holdByMouse);
addEventListener('blur', () => { for (const hold of Object.values(holds)) hold(false); });
for (const line of said.children) setTimeout(() => line.remove(), 8000);
