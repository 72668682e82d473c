/** The ways to carry a call that are measured side by side, and the service that is called. */
@NullMarked
package dev.homeport.bench.rival;

import org.jspecify.annotations.NullMarked;
