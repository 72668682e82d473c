/**
 * The choice between the local and the remote route: configuration, look-up, and the channel and server that follow it.
 */
@NullMarked
package dev.homeport.route;

import org.jspecify.annotations.NullMarked;
