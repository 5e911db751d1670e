package dev.slipway.cli;

import dev.slipway.analysis.ModelProfile;
import dev.slipway.analysis.PeaksCache;
import dev.slipway.analysis.ProfiledRuns;
import dev.slipway.analysis.Roof;
import dev.slipway.analysis.Roofline;
import dev.slipway.backend.Backend;
import dev.slipway.backend.Peaks;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.SlipwayException;
import java.util.Optional;

/** The roofs that this machine has for an engine: measured once, kept in the user's cache. */
final class Roofs {
  private Roofs() {}

  /** The peaks of a device; measured where they are not known, or once more. Empty where it cannot tell. */
  static Optional<Peaks> peaks(Terminal terminal, Backend backend, boolean again) {
    PeaksCache cache = PeaksCache.ofUser();
    Optional<Peaks> known = again ? Optional.empty() : cache.read(backend.device());
    if (known.isPresent()) {
      return known;
    }
    terminal.note("measuring the peaks of " + backend.device().description() + " ...");
    Optional<Peaks> measured = backend.measurePeaks();
    try {
      measured.ifPresent(peaks -> cache.write(backend.device(), peaks));
    } catch (SlipwayException e) {
      terminal.note("warning: " + e.getMessage());
    }
    return measured;
  }

  /** The medians of runs under these peaks. */
  static ModelProfile profile(
      ModelFile file, Engine engine, int threads, ProfiledRuns runs, Optional<Roofline> roofline) {
    return ModelProfile.of(
        file.path().toString(),
        engine.backend().device().description(),
        engine.manifest().precision(),
        threads,
        runs,
        work -> roofline.map(line -> line.of(work)).orElse(Roof.UNKNOWN));
  }

  /** The same under the peaks that are known, or measured now. */
  static ModelProfile profile(Terminal terminal, ModelFile file, Engine engine, int threads, ProfiledRuns runs) {
    Optional<Roofline> roofline = roofline(terminal, engine, threads, runs, false);
    return profile(file, engine, threads, runs, roofline);
  }

  /** The roofs of an engine that has run. */
  static Optional<Roofline> roofline(
      Terminal terminal, Engine engine, int threads, ProfiledRuns runs, boolean again) {
    return peaks(terminal, engine.backend(), again)
        .map(peaks -> new Roofline(peaks, peaks.threads(threads), engine.weightBytes() + runs.workspaceBytes()));
  }
}
