/**
 * Setting up connections: where connection ports are published and found, who may connect, and the exchange
 * that gives both sides a socket pair and each other's outbox. What comes out is an
 * {@link dev.homeport.lpc.port.Endpoint}; nothing here reads or writes a queue.
 */
@NullMarked
package dev.homeport.lpc.port;

import org.jspecify.annotations.NullMarked;
