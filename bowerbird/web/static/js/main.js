// Every page works without these; each module adds one thing. Nothing here knows a view: elements say what they need with data- attributes.
import './requests.js';
import './toggles.js';
import './live.js';
import './keys.js';
import './write.js';
import './times.js';
import './travel.js';
import './touches.js';

if (document.querySelector('[data-passkey]')) import('./passkeys.js');
if (document.querySelector('[data-compare], [data-timelapse], [data-sketch]')) import('./shelf.js');
if (document.querySelector('[type="range"], [data-dice], [data-carry], .candidates, .reading, #alt')) import('./studio.js');
if (document.querySelector('[data-brush]')) import('./brush.js');
if (document.querySelector('[data-check]')) import('./check.js');
if (document.querySelector('[data-chat]')) import('./chat.js');
if (document.querySelector('[data-asks]')) import('./asked.js');
if (document.querySelector('[data-dwell]')) import('./dwell.js');
if (document.querySelector('[data-turn], [data-zone]')) import('./steer.js');
