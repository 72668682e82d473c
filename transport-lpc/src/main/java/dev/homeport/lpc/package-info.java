/**
 * The local transport: communication ports, the threads that read them, and {@link
 * dev.homeport.lpc.LpcTransport}, which is all that others use.
 */
@NullMarked
package dev.homeport.lpc;

import org.jspecify.annotations.NullMarked;
