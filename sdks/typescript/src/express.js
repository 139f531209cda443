export { codeRunner } from './backend.js';
export { talking } from './upgrades.js';
export { receive, WebhookError } from './webhooks.js';
