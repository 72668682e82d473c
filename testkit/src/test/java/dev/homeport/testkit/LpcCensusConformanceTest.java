package dev.homeport.testkit;

import org.junit.jupiter.api.Tag;

/** The suite with grpc-census attached to both sides. */
@Tag("lpc")
@On(CensusTransport.class)
class LpcCensusConformanceTest extends ConformanceSuite {}
