// The shelf's small hands: before and after under one slider, a time-lapse that can be paused, and a prompt form that is not lost.
const SAVE_AFTER_MS = 1_200;

for (const box of document.querySelectorAll('[data-compare]')) {
  const slider = Object.assign(document.createElement('input'), { type: 'range', min: 0, max: 100, value: 50 });
  slider.setAttribute('aria-label', 'How much of the earlier picture is shown, in per cent');
  const move = () => { box.style.setProperty('--at', `${slider.value}%`); slider.style.setProperty('--at', `${slider.value}%`); };
  slider.addEventListener('input', move);
  box.append(slider);
  box.classList.add('on');
  move();
}

// An animated picture cannot be paused: while it rests, its finished last frame stands there as a still of the page's own picture.
for (const box of document.querySelectorAll('[data-timelapse]')) {
  const picture = Object.assign(new Image(), { alt: 'The previews one after the other, then the finished picture', width: 256, height: 256 });
  const still = document.querySelector('.frame.whole img');
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'btn small' });
  let playing = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  const show = () => {
    picture.src = playing ? box.dataset.timelapse : (still?.currentSrc || still?.src || box.dataset.timelapse);
    button.textContent = playing ? 'Pause' : 'Play';
    button.setAttribute('aria-pressed', playing);
  };
  button.addEventListener('click', () => { playing = !playing; show(); });
  box.replaceChildren(picture, button);
  show();
}

// What stands in the prompt form and was not sent is there again on the next visit, on any device.
const form = document.getElementById('prompt-form');
if (form?.dataset.sketch) {
  let waiting = 0;
  const save = () => {
    clearTimeout(waiting);
    waiting = 0;
    fetch('/studio/sketch', { method: 'POST', body: new URLSearchParams(new FormData(form)), keepalive: true }).catch(() => {});
  };
  const later = () => { clearTimeout(waiting); waiting = setTimeout(save, SAVE_AFTER_MS); };
  form.addEventListener('input', later);
  form.addEventListener('submit', () => { clearTimeout(waiting); waiting = 0; });
  window.addEventListener('pagehide', () => { if (waiting) save(); });
}
