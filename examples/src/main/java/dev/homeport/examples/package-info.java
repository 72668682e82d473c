/** One command over the examples that have commands: {@code java -jar examples.jar}. */
@NullMarked
package dev.homeport.examples;

import org.jspecify.annotations.NullMarked;
