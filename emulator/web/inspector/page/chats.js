import { h } from './dom.js'; export const chats = { id: 'chats', title: 'Chats', show(root) { root.append(h('p', {}, 'later')); return {}; } };
