// A word that passes. The style sheet moves it in and out; this only removes what has left.
const region = document.getElementById('toasts');

export function toast(text, action) {
  const shown = document.getElementById('toast-template').content.firstElementChild.cloneNode(true);
  shown.querySelector('span').textContent = text;
  if (action) {
    const button = shown.querySelector('button');
    button.hidden = false;
    button.textContent = action.text;
    button.addEventListener('click', () => { shown.remove(); action.run(); });
  }
  region.append(shown);
  while (region.children.length > 3) region.firstElementChild.remove();
}

region?.addEventListener('animationend', (event) => {
  if (event.animationName === 'leave') event.target.remove();
});
