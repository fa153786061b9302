// A subscriber in another language, written from feeds/DESIGN.md, /schemas and /asyncapi.json alone. It follows a plan by
// server-sent events, whichever of the servers answers, and keeps a copy of it in a file together with its cursor, so that
// it can be stopped and started at any moment. It uses nothing but Node itself.
//
//   SERVERS=http://a:8080,http://b:8080 TOKEN=pt_… PLAN=sdp FILE=copy.json node subscriber.mjs
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync, renameSync } from 'node:fs';

const { SERVERS, TOKEN, PLAN, FILE } = process.env;
const servers = SERVERS.split(',');

const empty = () => ({ cursor: '', position: 0, planseq: 0, leaf: '', repeats: 0, resets: 0, pending: [], texts: {}, items: {}, order: [], requests: {} });
let copy = empty();
try { copy = JSON.parse(readFileSync(FILE, 'utf8')); } catch { /* the first start */ }

function save() {
  writeFileSync(FILE + '.new', JSON.stringify(copy));
  renameSync(FILE + '.new', FILE);
}

const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();

// take is one line. The event's bytes are those after the first "event": up to the last brace.
function take(line) {
  const item = JSON.parse(line);
  const bytes = line.slice(line.indexOf('"event":') + 8, -1);
  const event = item.event;
  if (item.position <= copy.position) { copy.repeats++; return; }
  // Nothing of the plan was left out or altered: numbers without a gap, and each event names the hash of the one before.
  if (Number(event.planseq) !== copy.planseq + 1) throw new Error(`a gap: ${event.planseq} follows ${copy.planseq}`);
  if ((event.prev ?? '') !== copy.leaf) throw new Error(`the chain is broken at ${event.planseq}`);
  copy.planseq++;
  copy.leaf = sha256(Buffer.from([0]), Buffer.from(bytes)).toString('base64');
  for (const disclosure of item.disclosures ?? []) {
    if (!event.data._sd.includes(sha256(disclosure).toString('base64url'))) throw new Error('a text that was not recorded');
    const [, name, value] = JSON.parse(Buffer.from(disclosure, 'base64url'));
    (copy.texts[event.id] ??= {})[name] = value;
  }
  // The parts of a command count together, when the last is there; a voided command's never do.
  if (event.type === 'plantrail.command-voided.v1') copy.pending = [];
  else if (Number(event.parts) > 1) {
    copy.pending.push(event);
    if (event.part === event.parts) { copy.pending.forEach(fold); copy.pending = []; }
  } else fold(event);
  copy.position = item.position;
  copy.cursor = item.cursor;
  save();
}

const folds = {
  'item-added': (d, id) => { copy.items[d.item] = { item: d.item, title: id, owner: d.owned ? id : '', due: d.due ?? '', original: d.due ?? '', moves: 0, state: 'open', ratings: {} }; copy.order.push(d.item); },
  'item-reworded': (d, id, i) => { i.title = id; },
  'owner-assigned': (d, id, i) => { i.owner = id; },
  'due-date-set': (d, id, i) => { i.due = i.original = d.due; },
  'due-date-moved': (d, id, i) => { i.due = d.to; i.moves++; },
  'rating-changed': (d, id, i) => { i.ratings[d.dimension] = { value: d.to, meaning: d.meaning, set: id, reason: d.justified ? id : '' }; },
  'rating-affirmed': (d, id, i) => { i.ratings[d.dimension].reason = id; },
  'justification-given': (d, id, i) => { i.ratings[d.dimension].reason = id; },
  'item-suspended': (d, id, i) => { i.state = 'suspended'; },
  'item-resumed': (d, id, i) => { i.state = 'open'; },
  'item-cancelled': (d, id, i) => { i.state = 'cancelled'; },
  'request-made': (d, id) => { copy.requests[d.request] = { words: id, answer: '' }; },
  'request-answered': (d, id) => { copy.requests[d.request].answer = id; },
  // What was erased is to be forgotten.
  'erasure-completed': (d) => { if (copy.texts[d.of]) delete copy.texts[d.of][d.field]; },
  'entry-corrected': (d, id, i) => {
    for (const r of Object.values(i?.ratings ?? {})) if (d.field === 'rating' && r.set === d.corrects) { r.value = d.value; r.meaning = d.meaning; }
    if (d.field === 'title' && i?.title === d.corrects) (copy.texts[d.corrects] ??= {}).title = copy.texts[id]?.text;
  },
};

function fold(event) {
  const name = event.type.split('.')[1];
  folds[name]?.(event.data, event.id, copy.items[event.data.item]);
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function follow(server) {
  const at = copy.cursor ? `after=${encodeURIComponent(copy.cursor)}` : 'from=0';
  const answer = await fetch(`${server}/v1/events/stream?plan=${PLAN}&${at}`, { headers: { Authorization: `Bearer ${TOKEN}`, Accept: 'text/event-stream' } });
  if (answer.status === 409) { // the history is another than the one that was read: this copy begins anew
    copy = { ...empty(), resets: copy.resets + 1 };
    return save();
  }
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  let rest = '', data = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('data: ')) data += line.slice(6);
      else if (line.startsWith('id: ')) { if (!data) copy.cursor = line.slice(4); }
      else if (line === '' && data) { take(data); data = ''; }
    }
  }
}

for (let n = 0; ; n++) {
  try { await follow(servers[n % servers.length]); } catch (e) {
    if (!/fetch failed|terminated|aborted|socket|status 5|status 401|other side/i.test(String(e))) { console.error(e); process.exit(1); }
  }
  await sleep(50);
}
