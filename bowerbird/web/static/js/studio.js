// The studio's small hands: slider, dice, the suggested description, and chips that were rewritten.
const SEED_MAX = 1_000_000;

document.addEventListener('input', (event) => {
  const field = event.target;
  if (field.type === 'range') {
    field.style.setProperty('--at', `${(field.value - field.min) / (field.max - field.min) * 100}%`);
    const shown = field.closest('.field')?.querySelector('output');
    if (shown) shown.textContent = `${field.value}%`;
  }
  if (field.closest('.chip.word')) {
    const reading = field.closest('.reading');
    reading.classList.toggle('changed', [...reading.querySelectorAll('.chip.word input')].some((one) => one.value !== one.defaultValue));
  }
  if (field.id === 'alt') field.dataset.own = '';
});

// A suggestion fills the description until the person writes their own.
function suggest(radio) {
  const field = document.getElementById('alt');
  if (!field || !radio.dataset.alt || ('own' in field.dataset && field.value.trim())) return;
  field.value = radio.dataset.alt;
}

function settle() {
  const chosen = document.querySelector('.candidates :checked');
  if (chosen) suggest(chosen);
}

document.addEventListener('change', (event) => { if (event.target.name === 'candidate_id') suggest(event.target); });

// When the last try is done the server draws the whole again; what was chosen and typed meanwhile stays.
let kept = [];
document.addEventListener('htmx:beforeSwap', (event) => {
  if (event.detail.target.id !== 'generation') return;
  kept = [...(document.getElementById('show')?.elements ?? [])].filter((field) => field.name && field.type !== 'hidden')
    .map(({ name, value, checked, type }) => ({ name, value, checked, box: type === 'radio' || type === 'checkbox' }));
});
document.addEventListener('htmx:afterSettle', () => {
  const form = document.getElementById('show');
  for (const was of form ? kept : []) {
    const field = [...form.elements].find((one) => one.name === was.name && (one.type !== 'radio' || one.value === was.value));
    if (!field) continue;
    if (!was.box) field.value = was.value; else if (was.checked || field.type === 'checkbox') field.checked = was.checked;
  }
  kept = [];
  settle();
});
const written = document.getElementById('alt');
if (written?.value.trim()) written.dataset.own = '';
settle();

document.addEventListener('click', (event) => {
  const dice = event.target.closest('[data-dice]');
  if (dice) document.querySelector(dice.dataset.dice).value = Math.floor(Math.random() * SEED_MAX);
  const carry = event.target.closest('[data-carry]');
  if (carry) {
    const form = document.querySelector(carry.dataset.carry).form;
    const asked = new URLSearchParams();
    for (const name of ['prompt', 'medium', 'shape']) if (form.elements[name]?.value) asked.set(name, form.elements[name].value);
    carry.href = `/studio?${asked}`;
  }
});
