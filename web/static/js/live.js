// Changes of a batch as they happen: a stream where there is a free place, else a question every two seconds.
import { say } from './console.js';

const ASK_EVERY = 2000;
const TRY_STREAM_EVERY = 60000;

/** Watch a desk. `apply(patch)` puts a patch on the page; answers false to ask for everything anew. */
export function watch(desk, apply) {
  const state = { revision: Number(desk.dataset.revision), asking: 0, lost: false, source: null };

  function take(patch) {
    if (state.lost) { state.lost = false; document.body.classList.remove('lost'); say(document.body.dataset.found); }
    if (apply(patch) === false) { ask(-1); return; }
    state.revision = patch.revision;
    document.documentElement.dataset.revision = patch.revision;
  }

  async function ask(after = state.revision) {
    try {
      const response = await fetch(`${desk.dataset.changes}?after=${after}`, { headers: { Accept: 'application/json' } });
      if (response.status === 401 || response.status === 403) { location.reload(); return; }
      if (response.ok) take(await response.json());
    } catch { lost(); }
  }

  function lost() {
    if (state.lost) return;
    state.lost = true;
    document.body.classList.add('lost'); // the scanner's pill would tell of a station that nobody reaches
    say(document.body.dataset.lost);
  }

  function poll() {
    clearInterval(state.asking);
    state.asking = setInterval(ask, ASK_EVERY);
    setTimeout(open, TRY_STREAM_EVERY);
  }

  function open() {
    state.source?.close();
    const source = new EventSource(`${desk.dataset.live}?after=${state.revision}`);
    state.source = source;
    source.onopen = () => clearInterval(state.asking);
    source.onmessage = (event) => take(JSON.parse(event.data));
    source.onerror = fallBack;
  }

  /** The stream is gone, or the cable: ask until the station answers again. */
  function fallBack() {
    state.source?.close();
    ask();
    poll();
  }

  open();
  addEventListener('offline', fallBack);
  addEventListener('pagehide', () => state.source?.close());
  return { now: () => ask() };
}
