import { h } from './dom.js'; export const resources = { id: 'resources', title: 'Resources', show(root) { root.append(h('p', {}, 'later')); return {}; } };
