/** The message queue: a ring of records with one writing side and one reading side, and its cursors. */
@NullMarked
package dev.homeport.lpc.queue;

import org.jspecify.annotations.NullMarked;
