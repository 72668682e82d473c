/** Programs that campaigns start, to be killed, stopped and starved. */
@NullMarked
package dev.homeport.chaos.process;

import org.jspecify.annotations.NullMarked;
