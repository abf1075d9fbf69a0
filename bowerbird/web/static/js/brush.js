// A brush over the picture that is remixed: what is marked is painted anew. Halves and the middle are there without a pointer.
const PARTS = { left: [0, 0, .5, 1], right: [.5, 0, .5, 1], top: [0, 0, 1, .5], bottom: [0, .5, 1, .5], middle: [.25, .25, .5, .5] };
const SIDE_MAX_PX = 768, UNDO_MAX = 20, OPAQUE = 127;

function equip(box) {
  const [canvas, picture, size, kept, said] = ['canvas', 'img', '[type="range"]', '[name="mask"]', '.brush-said'].map((one) => box.querySelector(one));
  const paper = canvas.getContext('2d', { willReadFrequently: true });
  const form = box.closest('form');
  const past = [];
  let last = null;

  const pixels = () => paper.getImageData(0, 0, canvas.width, canvas.height);
  const tell = () => {
    const { data } = pixels();
    let marked = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > OPAQUE) marked += 1;
    said.textContent = marked ? `${Math.max(1, Math.round(marked / data.length * 400))} % of the picture is painted anew, the rest stays.` : 'Mark on the picture what is to be painted anew.';
  };
  const remember = () => { past.push(pixels()); past.splice(0, past.length - UNDO_MAX); };
  const wipe = () => paper.clearRect(0, 0, canvas.width, canvas.height);
  const choose = (value) => { box.querySelector(`[name="part"][value="${value}"]`).checked = true; };
  const fill = (part) => {
    remember();
    wipe();
    const [x, y, wide, high] = PARTS[part];
    paper.fillRect(x * canvas.width, y * canvas.height, wide * canvas.width, high * canvas.height);
    tell();
  };

  const ready = () => {
    const scale = Math.min(1, SIDE_MAX_PX / Math.max(picture.naturalWidth, picture.naturalHeight));
    canvas.width = Math.round(picture.naturalWidth * scale);
    canvas.height = Math.round(picture.naturalHeight * scale);
    Object.assign(paper, { lineCap: 'round', lineJoin: 'round', strokeStyle: getComputedStyle(canvas).color, fillStyle: getComputedStyle(canvas).color });
    const part = box.querySelector('[name="part"]:checked').value;
    if (part in PARTS) fill(part);
    else if (kept.value.startsWith('data:image/png')) restore();
    tell();
  };
  const restore = () => {  // the form came back: white on black as it was sent
    const sent = new Image();
    sent.onload = () => {
      paper.drawImage(sent, 0, 0, canvas.width, canvas.height);
      const now = pixels();
      for (let at = 0; at < now.data.length; at += 4) now.data[at + 3] = now.data[at] > OPAQUE ? 255 : 0;
      paper.putImageData(now, 0, 0);
      paper.globalCompositeOperation = 'source-in';
      paper.fillRect(0, 0, canvas.width, canvas.height);
      paper.globalCompositeOperation = 'source-over';
      tell();
    };
    sent.src = kept.value;
  };

  const spot = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [(event.clientX - frame.left) / frame.width * canvas.width, (event.clientY - frame.top) / frame.height * canvas.height];
  };
  const draw = (event) => {
    paper.lineWidth = size.value / 100 * Math.max(canvas.width, canvas.height);
    for (const moment of [...event.getCoalescedEvents?.() ?? [], event]) {
      const now = spot(moment);
      paper.beginPath();
      paper.moveTo(...last);
      paper.lineTo(now[0] + .01, now[1]);  // a line without length would not be drawn: a tap makes a dot
      paper.stroke();
      last = now;
    }
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    remember();
    choose('drawn');
    last = spot(event);
    draw(event);
  });
  canvas.addEventListener('pointermove', (event) => { if (last) draw(event); });
  for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => { last = null; tell(); });

  const deeds = {
    undo: () => { if (past.length) paper.putImageData(past.pop(), 0, 0); },
    clear: () => { remember(); wipe(); },
    invert: () => {
      remember();
      paper.globalCompositeOperation = 'xor';
      paper.fillRect(0, 0, canvas.width, canvas.height);
      paper.globalCompositeOperation = 'source-over';
    },
  };
  box.addEventListener('click', (event) => {
    const deed = event.target.closest('[data-do]');
    if (!deed) return;
    deeds[deed.dataset.do]();
    choose('drawn');
    tell();
  });
  box.addEventListener('change', (event) => { if (event.target.name === 'part' && event.target.value in PARTS) fill(event.target.value); });

  // An engine that cannot is not sent what it cannot do.
  const able = () => { box.disabled = Boolean(form.querySelector('.tier [data-no~="inpaint"]:checked')); };
  form.addEventListener('change', able);
  able();

  form.addEventListener('formdata', (event) => {
    if (event.formData.get('part') !== 'drawn') { event.formData.delete('mask'); return; }
    const sheet = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
    const grey = sheet.getContext('2d');
    const now = pixels();
    for (let at = 0; at < now.data.length; at += 4) { now.data.fill(now.data[at + 3] > OPAQUE ? 255 : 0, at, at + 3); now.data[at + 3] = 255; }
    grey.putImageData(now, 0, 0);
    event.formData.set('mask', sheet.toDataURL('image/png'));
  });

  if (picture.complete && picture.naturalWidth) ready(); else picture.addEventListener('load', ready, { once: true });
}

document.querySelectorAll('[data-brush]').forEach(equip);
