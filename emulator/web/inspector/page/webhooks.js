import { h } from './dom.js'; export const webhooks = { id: 'webhooks', title: 'Webhooks', show(root) { root.append(h('p', {}, 'later')); return {}; } };
