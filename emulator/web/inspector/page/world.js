import { h } from './dom.js'; export const world = { id: 'world', title: 'World', show(root) { root.append(h('p', {}, 'later')); return {}; } };
