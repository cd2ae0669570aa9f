import { parentPort } from 'node:worker_threads';
import { run, type Task } from './simulate.ts';

if (parentPort === null) throw new Error('this file runs in a worker thread');
const port = parentPort;
port.on('message', (task: Task) => port.postMessage(run(task)));
