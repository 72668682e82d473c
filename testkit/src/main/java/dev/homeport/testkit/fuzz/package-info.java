/**
 * What a coverage-guided fuzzer, or any other source of bytes, may drive. Each target takes bytes and throws for a fault
 * of the product alone. Nothing here knows the fuzzer.
 */
@NullMarked
package dev.homeport.testkit.fuzz;

import org.jspecify.annotations.NullMarked;
