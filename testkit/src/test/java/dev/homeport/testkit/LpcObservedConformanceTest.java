package dev.homeport.testkit;

import org.junit.jupiter.api.Tag;

/** The suite with grpc-opentelemetry attached to both sides. */
@Tag("lpc")
@On(ObservedTransport.class)
class LpcObservedConformanceTest extends ConformanceSuite {}
