/**
 * Memory that one process writes and another can only read: made, sealed, checked, mapped, unmapped. What
 * the bytes mean is the business of the packages above, but for the offsets in
 * {@link dev.homeport.lpc.memory.OutboxLayout}.
 */
@NullMarked
package dev.homeport.lpc.memory;

import org.jspecify.annotations.NullMarked;
