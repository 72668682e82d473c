/** Child JVMs for tests: started, talked to line by line, stopped, killed, and counted through /proc. */
@NullMarked
package dev.homeport.testkit.process;

import org.jspecify.annotations.NullMarked;
