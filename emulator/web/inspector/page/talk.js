import { h } from './dom.js'; export const talk = { id: 'talk', title: 'Talk', show(root) { root.append(h('p', {}, 'later')); return {}; } };
