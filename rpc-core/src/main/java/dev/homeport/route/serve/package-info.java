/** The server on both routes: what it publishes, and the connections it accepts. */
@NullMarked
package dev.homeport.route.serve;

import org.jspecify.annotations.NullMarked;
