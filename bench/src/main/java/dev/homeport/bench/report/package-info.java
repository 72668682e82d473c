/** Tables, JSON and plots of what was measured. */
@NullMarked
package dev.homeport.bench.report;

import org.jspecify.annotations.NullMarked;
