// A scan profile: whether it fits each scanner is asked while one writes; the nearest that fits is taken with one click.
import { deeds, post } from './console.js';

const form = document.getElementById('profile-form');
let waiting = 0;

async function check() {
  const fields = Object.fromEntries(new FormData(form));
  const answer = await post(form.dataset.check, fields, form.querySelector('.refusal'));
  if (!answer) return;
  form.querySelector('.refusal').hidden = true;
  const holder = document.createElement('div');
  holder.innerHTML = answer.html.trim();
  document.getElementById('fits').replaceWith(holder.firstElementChild);
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(check, 250);
}

deeds.take_nearest = (_, fields) => {
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements[name];
    if (!field) continue;
    field.value = value === '-' && field.tagName === 'INPUT' ? '' : value;
    field.closest('details')?.setAttribute('open', '');
    field.classList.add('taken');
  }
  check();
};

form.addEventListener('input', soon);
form.elements.builds_on.addEventListener('change', soon);
