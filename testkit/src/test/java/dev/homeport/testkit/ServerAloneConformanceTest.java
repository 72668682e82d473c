package dev.homeport.testkit;

/** The suite where the server alone has Homeport. */
@On(ServerAloneTransport.class)
class ServerAloneConformanceTest extends ConformanceSuite {}
