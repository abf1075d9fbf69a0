// A picture dropped on the form is chosen and sent; while it is looked at, the button says so.
const form = document.querySelector('[data-check]');
const input = form.querySelector('input[type=file]');
const button = form.querySelector('button');
for (const name of ['dragover', 'dragleave', 'drop']) {
  form.addEventListener(name, (event) => {
    event.preventDefault();
    form.classList.toggle('over', name === 'dragover');
    if (name === 'drop' && event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      form.requestSubmit();
    }
  });
}
form.addEventListener('submit', () => {
  form.setAttribute('aria-busy', 'true');
  button.lastChild.textContent = 'Looking …';
});
window.addEventListener('pageshow', () => form.removeAttribute('aria-busy'));
document.getElementById('verdict')?.focus({ preventScroll: true });
