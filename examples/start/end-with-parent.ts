/**
 * Loaded into the gateway's process before the gateway (`node --import`): ends it, as SIGTERM does, when the process
 * that started it is gone. `npm start` must leave nothing behind even where it is killed without a chance to clean up.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// Waiting for the parent to leave is no reason to stay.
process.channel?.unref()
