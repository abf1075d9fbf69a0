// A question that was taken leaves its field; one that was refused stays there to be said otherwise.
document.addEventListener('htmx:afterRequest', (event) => {
  const form = event.detail.elt.closest?.('[data-asks]');
  if (form && event.detail.successful && document.querySelector('#answers')?.firstElementChild?.matches('.asked')) form.elements.text.value = '';
});
// Only the newest refusal is of use.
document.addEventListener('htmx:beforeRequest', (event) => {
  if (event.detail.elt.closest?.('[data-asks]')) for (const old of document.querySelectorAll('#answers .unasked')) old.remove();
});
