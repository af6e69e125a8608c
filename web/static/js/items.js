// Documents: cut before a page, join with the one before, drag a sheet to its place, take a proposal.
import { deeds, post } from './console.js';

async function act(url, fields) {
  if (await post(url, fields)) location.reload();
}

deeds.split = (element) => act(element.dataset.url);
deeds.join = (element) => act(element.dataset.url);
deeds.take = (element) => {
  const field = element.form.elements[element.dataset.name];
  field.value = element.dataset.value;
  field.focus();
  element.closest('.proposal').hidden = true;
};

/** A dropped leaf takes its whole sheet along: it goes after the sheet that stands before it now. */
async function dropped(event) {
  const leaves = [...document.querySelectorAll('.leaf')];
  const where = leaves.indexOf(event.item);
  const mine = event.item.dataset.sheet;
  const before = leaves.slice(0, where).reverse().find((one) => one.dataset.sheet !== mine);
  if (event.oldIndex === event.newIndex && event.from === event.to) return;
  if (!(await post(`/sheets/${mine}/move`, { after: before?.dataset.sheet ?? '' }))) return;
  location.reload();
}

addEventListener('load', () => {
  for (const list of document.querySelectorAll('[data-sortable]')) {
    window.Sortable.create(list, { group: 'leaves', animation: 120, onEnd: dropped, filter: '.cut', preventOnFilter: false });
  }
});
