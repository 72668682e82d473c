package dev.homeport.testkit;

import org.junit.jupiter.api.Tag;

/** The suite as a program has it that knows only {@code io.grpc} and finds Homeport on its class path. */
@Tag("lpc")
@On(HomeportTransport.class)
class LpcConformanceTest extends ConformanceSuite {}
