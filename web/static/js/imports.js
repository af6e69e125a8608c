// Files from this computer: sent one after the other as they are, then their order is shown.
import { clearRefusals, deeds, refuse } from './console.js';

const place = document.getElementById('upload');
const csrf = document.querySelector('meta[name="csrf"]').content;
let dropped = [];

function chosen() {
  return [...dropped, ...place.querySelector('input[type=file]').files];
}

function show(files) {
  const said = place.querySelector('[data-said]');
  const names = files.map((one) => one.name).slice(0, 5).join(', ') + (files.length > 5 ? ' …' : '');
  said.textContent = files.length ? said.dataset.chosen.replace('%n', files.length).replace('%', () => names) : said.dataset.none;
}

/** One file; answers the token under which the next ones follow. */
function send(file, upload, progress) {
  const query = new URLSearchParams({ name: file.name, modified: file.lastModified, upload });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${place.dataset.url}?${query}`);
    request.setRequestHeader('X-CSRFToken', csrf);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status === 200) resolve(answer.upload); else reject(new Error(answer.error || document.body.dataset.lost));
    };
    request.onerror = () => reject(new Error(document.body.dataset.lost));
    request.send(file);
  });
}

deeds.send = async (button) => {
  clearRefusals();
  const files = chosen();
  if (!files.length) { place.querySelector('input[type=file]').click(); return; }
  const bar = place.querySelector('progress');
  const total = files.reduce((sum, one) => sum + one.size, 0) || 1;
  let done = 0;
  let upload = '';
  button.disabled = true;
  bar.hidden = false;
  for (const file of files) {
    place.querySelector('[data-said]').textContent = place.dataset.sending.replace('%', file.name);
    try {
      upload = await send(file, upload, (loaded) => { bar.value = (done + loaded) / total; });
    } catch (error) {
      refuse(place.dataset.failed.replace('%', file.name) + error.message, place.querySelector('.refusal'));
      button.disabled = false;
      return;
    }
    done += file.size;
  }
  location.assign(`${place.dataset.show}?upload=${upload}`);
};

if (place) {
  place.addEventListener('change', () => show(chosen()));
  place.addEventListener('dragover', (event) => event.preventDefault());
  place.addEventListener('drop', (event) => {
    event.preventDefault();
    dropped = [...dropped, ...event.dataTransfer.files];
    show(chosen());
  });
}
