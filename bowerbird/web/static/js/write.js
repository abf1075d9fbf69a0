// The composer: pictures by button, paste or drop, each with its description; counters; sending by keyboard.
import { toast } from './toast.js';

const PICTURES_MAX = 4;
const KINDS = /^image\/(jpeg|png|webp|avif|gif)$/;

function equip(form) {
  const input = form.querySelector('input[name="pictures"]');
  const rows = [...form.querySelectorAll('.shots li')];
  let files = [];

  const show = () => {
    const box = new DataTransfer();
    files.forEach((file) => box.items.add(file));
    input.files = box.files;
    rows.forEach((row, place) => {
      const image = row.querySelector('img');
      if (image.src) URL.revokeObjectURL(image.src);
      image.hidden = row.querySelector('[data-drop]').hidden = !files[place];
      if (files[place]) image.src = URL.createObjectURL(files[place]); else image.removeAttribute('src');
    });
  };

  const add = (incoming) => {
    const pictures = [...incoming].filter((file) => KINDS.test(file.type));
    if (!pictures.length) return;
    if (files.length + pictures.length > PICTURES_MAX) toast('Four pictures at most.');
    files = [...files, ...pictures].slice(0, PICTURES_MAX);
    show();
  };

  input.addEventListener('change', () => { const chosen = [...input.files]; add(chosen); });
  form.querySelector('[data-pick]').addEventListener('click', () => input.click());
  rows.forEach((row, place) => row.querySelector('[data-drop]').addEventListener('click', () => {
    const alts = rows.map((one) => one.querySelector('textarea'));
    files.splice(place, 1);
    alts.slice(place).forEach((alt, i) => { alt.value = alts[place + i + 1]?.value ?? ''; });
    const offers = rows.map((one) => one.querySelector('.offer input'));
    offers.slice(place).forEach((offer, i) => { offer.checked = offers[place + i + 1]?.checked ?? false; });
    const origins = rows.map((one) => one.querySelector('select'));
    origins.slice(place).forEach((origin, i) => { origin.value = origins[place + i + 1]?.value ?? ''; });
    show();
  }));
  form.addEventListener('paste', (event) => add(event.clipboardData.files));
  for (const name of ['dragover', 'dragleave', 'drop']) {
    form.addEventListener(name, (event) => {
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      form.classList.toggle('dropping', name === 'dragover');
      if (name === 'drop') add(event.dataTransfer.files);
    });
  }

  const warning = form.querySelector('.warn-field');
  const button = form.querySelector('[data-warn]');
  button.setAttribute('aria-pressed', warning.open);
  button.addEventListener('click', () => {
    warning.open = !warning.open;
    button.setAttribute('aria-pressed', warning.open);
    const field = warning.querySelector('input');
    if (warning.open) field.focus(); else field.value = '';
  });

  form.querySelectorAll('[data-unfold]').forEach((one) => one.addEventListener('click', () => {
    const part = form.querySelector(`.${one.dataset.unfold}`);
    part.open = !part.open;
    one.setAttribute('aria-pressed', part.open);
    if (part.open) part.querySelector('input').focus();
    else part.querySelectorAll('input:not([type="checkbox"])').forEach((field) => { field.value = ''; });
  }));
  form.querySelectorAll('[data-let-go]').forEach((one) => one.addEventListener('click', () => one.closest('li').remove()));
  form.querySelectorAll('[data-move]').forEach((one) => one.addEventListener('click', (event) => {
    event.preventDefault();
    const row = one.closest('li');
    if (one.dataset.move === 'later') row.nextElementSibling?.after(row); else row.previousElementSibling?.before(row);
    [one, ...row.querySelectorAll('[data-move]')].find((button) => button.offsetParent)?.focus(); // at an end one of the two is not there
  }));

  form.addEventListener('submit', (event) => {
    const more = [...form.querySelectorAll('[name="media_id"], [name="quote_of_id"]'), ...[...form.querySelectorAll('[name="poll_option"]')].filter((field) => field.value)];
    if (form.elements.text.value.trim() || files.length || more.length) return;
    event.preventDefault();
    form.elements.text.focus();
    toast('Write something, or add a picture.');
  });
}

function count(field) {
  const shown = document.getElementById(field.dataset.count);
  if (!shown || field.maxLength < 1) return;
  const used = field.value.length;
  shown.textContent = used ? `${used} / ${field.maxLength}` : '';
}

// Times are typed as the clock on the wall says, and sent with its zone.
document.querySelectorAll('[data-zone]').forEach((zone) => { zone.textContent = `(${Intl.DateTimeFormat().resolvedOptions().timeZone})`; });
document.addEventListener('formdata', (event) => {
  const later = event.formData.get('later');
  if (later && !later.includes('Z')) event.formData.set('later', new Date(later).toISOString());
});

document.querySelectorAll('[data-write]').forEach(equip);
document.querySelectorAll('[data-count]').forEach(count);
document.addEventListener('input', (event) => { if (event.target.dataset?.count) count(event.target); });
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.form) event.target.form.requestSubmit();
});
if (location.hash === '#new') document.querySelector('#new textarea')?.focus();
