// Fronts and then backs; sheets on the glass with a countdown. The countdown's truth is the end of the last run on record.
import { deeds, json, post } from './console.js';

const desk = document.getElementById('desk');
const urls = json(desk, 'ways');
const shared = { key: '', until: 0, asked: '' };

function scanner() {
  const form = document.getElementById('scanner');
  const fields = form ? Object.fromEntries(new FormData(form)) : {};
  return { device: fields.device || '', profile: fields.profile || '', ...fields };
}

/** A box that stands on the desk for the chosen paper source and is ticked. */
function ticked(name) {
  const box = document.querySelector(`#scanner [name="${name}"]`);
  return Boolean(box?.checked && !box.closest('[hidden]'));
}

const plainStart = deeds.start;
deeds.start = (element, fields) => {
  if (ticked('turn_stack')) return post(urls.fronts, scanner());
  if (ticked('series')) return post(urls.series, { ...scanner(), two_sided: ticked('two_sided') ? 1 : '' });
  return plainStart(element, fields);
};

deeds.backs_scan = () => post(urls.backs);
deeds.backs_none = () => post(urls.none);
deeds.backs_drop = (_, fields) => post(urls.drop, fields);
deeds.backs_pair = () => {
  const form = new FormData(document.getElementById('backs'));
  const body = { order: form.get('order') };
  const without = form.getAll('without').filter(Boolean);
  return post(without.length ? `${urls.pair}?${new URLSearchParams(without.map((one) => ['without', one]))}` : urls.pair, body);
};

const series = () => document.getElementById('series');
const change = (fields) => post(urls.change, { run: series().dataset.run, ...fields });

deeds.series_next = () => next();
deeds.series_again = () => post(urls.again, { run: series().dataset.run });
deeds.series_pause = () => change({ state: series().dataset.state === 'on' ? 'paused' : 'on' });
deeds.series_end = () => change({ state: 'ended' });
deeds.series_seconds = (_, fields) => change(fields);

function next(quietly = false) {
  const run = series()?.dataset.run;
  if (!run || shared.asked === run) return null;
  shared.asked = run;
  // another desk may have been quicker: nobody is told off for a countdown that ended twice
  return post(urls.next, { run }, quietly ? document.createElement('p') : null).then((answer) => { if (!answer) shared.asked = ''; });
}

function tick() {
  const card = series();
  if (!card) { shared.key = ''; return; }
  const { run, state, seconds, left } = card.dataset;
  const key = `${run} ${state} ${seconds}`;
  if (shared.key !== key) { shared.key = key; shared.until = performance.now() + Number(left) * 1000; }
  if (state !== 'on' || document.querySelector('dialog[open]')) return;
  const rest = Math.max(0, (shared.until - performance.now()) / 1000);
  document.getElementById('countdown').textContent = Math.ceil(rest);
  if (rest === 0) next(true);
}

setInterval(tick, 200);
