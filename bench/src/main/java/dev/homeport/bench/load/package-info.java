/** What a client does to be measured: one class for each topic. Runs in the client's process. */
@NullMarked
package dev.homeport.bench.load;

import org.jspecify.annotations.NullMarked;
