// Steering's small hands: what a slider says, and the reader's time zone, in which "until Sunday" ends.
document.addEventListener('input', ({ target }) => {
  if (!target.dataset.turn) return;
  const words = JSON.parse(target.dataset.turn);
  const output = target.closest('.slider, .dial').querySelector('output');
  const key = Object.keys(words).find((one) => Number(one) === Number(target.value));
  output.textContent = key ? words[key] : `× ${target.value}`;
});

function zones(root) {
  for (const field of root.querySelectorAll('[data-zone]')) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}
zones(document);
document.addEventListener('htmx:load', (event) => zones(event.target));
