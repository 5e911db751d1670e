package dev.slipway.cli;

import dev.slipway.backend.Backend;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Canvas;
import dev.slipway.vision.Color;
import dev.slipway.vision.CtcDecoder;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageFile;
import dev.slipway.vision.Inference;
import dev.slipway.vision.SamplePicture;
import dev.slipway.vision.TextDetector;
import dev.slipway.vision.TextDirectionClassifier;
import dev.slipway.vision.TextLine;
import dev.slipway.vision.TextReader;
import dev.slipway.vision.TextRecognizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code slipway quickstart}. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Shows the main job: gets three sample models from Maven Central, builds their engines, and reads the"
        + " text out of a picture. The second run needs no network and takes the saved plans.",
    footer = {"", "Example: slipway quickstart --picture receipt.jpg"})
final class Quickstart implements Callable<Integer> {
  /** Side of the largest picture that the detection engine takes; larger ones are shrunk. */
  private static final int LARGEST_SIDE = 1280;

  /** The picture is read so often, or for so long. */
  private static final int MOST_READS = 20;

  private static final long READING_NANOS = 10_000_000_000L;

  private static final Color BOX = new Color(220, 40, 40);

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where models, plans and pictures go (default: quickstart).")
  private Path folder = Path.of("quickstart");

  @Option(
      names = "--picture",
      paramLabel = "FILE",
      description = "The picture to read, for example .png or .jpg (default: one that is drawn).")
  private Optional<Path> picture = Optional.empty();

  @Option(
      names = "--models",
      paramLabel = "JAR",
      description = "The jar with the models, where Maven cannot fetch it: " + SampleModels.ARTIFACT + ".")
  private Optional<Path> jar = Optional.empty();

  @Mixin private BuildTuning tuning;
  @Mixin private CommonOptions common;

  /** One of the three networks and the shapes that it is to serve; pictures and strips are put in as {@code x}. */
  private enum Network {
    DETECTION("text-detection", SampleModels.DETECTION, new long[] {1, 3, 32, 32}, new long[] {1, 3, 736, 960},
        new long[] {1, 3, LARGEST_SIDE, LARGEST_SIDE}),
    DIRECTION("text-direction", SampleModels.DIRECTION, new long[] {1, 3, 48, 192}, new long[] {6, 3, 48, 192},
        new long[] {6, 3, 48, 192}),
    RECOGNITION("text-recognition", SampleModels.RECOGNITION, new long[] {1, 3, 48, 320}, new long[] {1, 3, 48, 672},
        new long[] {6, 3, 48, 3200});

    private final String title;
    private final String file;
    private final OptimizationProfile.Range range;

    Network(String title, String file, long[] min, long[] opt, long[] max) {
      this.title = title;
      this.file = file;
      this.range = new OptimizationProfile.Range(min, opt, max);
    }

    OptimizationProfile profile() {
      return new OptimizationProfile(Map.of("x", range));
    }
  }

  @Override
  public Integer call() {
    Terminal terminal = common.terminal();
    Image image = picture.map(ImageFile::read).orElseGet(SamplePicture::draw);
    OutputFile.requireFolder("--dir", folder);
    try (Backend backend = common.target().open()) {
      SampleModels models = SampleModels.in(folder.resolve("models"), jar, terminal);
      List<Running> running = new ArrayList<>();
      try {
        for (Network network : Network.values()) {
          running.add(start(network, models, backend, terminal));
        }
        return read(image, running, models, terminal);
      } finally {
        running.forEach(Running::close);
      }
    }
  }

  // ---- engines

  /** An engine that counts its runs. */
  private static final class Running implements Inference, AutoCloseable {
    private final Network network;
    private final Path plan;
    private final boolean saved;
    private final double seconds;
    private final Engine engine;
    private final ExecutionContext context;
    private int runs;
    private long nanos;

    Running(Network network, Path plan, boolean saved, double seconds, Engine engine) {
      this.network = network;
      this.plan = plan;
      this.saved = saved;
      this.seconds = seconds;
      this.engine = engine;
      this.context = engine.newContext();
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
      long start = System.nanoTime();
      Map<String, Tensor> outputs = context.run(inputs);
      nanos += System.nanoTime() - start;
      runs++;
      return outputs;
    }

    void resetTimes() {
      runs = 0;
      nanos = 0;
    }

    double millis() {
      return nanos / 1e6;
    }

    @Override
    public void close() {
      context.close();
      engine.close();
    }
  }

  private Running start(Network network, SampleModels models, Backend backend, Terminal terminal) {
    ModelFile model = new ModelFile(models.file(network.file));
    Path plan = folder.resolve(network.title + ".plan");
    long start = System.nanoTime();
    Optional<Engine> saved = saved(plan, model, backend, terminal);
    if (saved.isPresent()) {
      return new Running(network, plan, true, (System.nanoTime() - start) / 1e9, saved.get());
    }
    terminal.note("building " + plan + " from " + model.path() + " ...");
    try (Progress progress = terminal.progress()) {
      BuildResult result = new Builder(backend, tuning.options()
          .withProfiles(List.of(network.profile()))
          .withModelDigest(model.digest())
          .withProgress(progress))
          .build(model.graph());
      PlanFile.write(result.plan(), plan);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Running(network, plan, false, seconds, load(plan));
  }

  private Engine load(Path plan) {
    return Engine.load(plan, common.target().engineOptions());
  }

  /** The engine of a plan that an earlier run wrote for this model on this device. */
  private Optional<Engine> saved(Path plan, ModelFile model, Backend backend, Terminal terminal) {
    if (!Files.exists(plan)) {
      return Optional.empty();
    }
    try {
      Engine engine = load(plan);
      if (engine.isTuned() && engine.manifest().modelDigest().equals(model.digest())) {
        return Optional.of(engine);
      }
      engine.close();
      terminal.note(plan + " is of another model or device than " + backend.device().description());
    } catch (SlipwayException e) {
      terminal.note(e.getMessage());
    }
    return Optional.empty();
  }

  // ---- reading

  private int read(Image image, List<Running> running, SampleModels models, Terminal terminal) {
    TextDetector.Settings settings = new TextDetector.Settings(
        TextDetector.Settings.DEFAULT.minSide(),
        LARGEST_SIDE,
        TextDetector.Settings.DEFAULT.minProbability(),
        TextDetector.Settings.DEFAULT.minScore(),
        TextDetector.Settings.DEFAULT.growRatio());
    TextReader reader = new TextReader(
        new TextDetector(running.get(0), settings),
        new TextDirectionClassifier(running.get(1)),
        new TextRecognizer(running.get(2), CtcDecoder.ofDictionary(models.dictionary())));
    terminal.note("reading the picture, several times until the just-in-time compiler has done its work ...");
    long begin = System.nanoTime();
    List<TextLine> lines = reader.read(image);
    double firstMillis = (System.nanoTime() - begin) / 1e6;
    double millis = firstMillis;
    for (int read = 1; read < MOST_READS && (read < 2 || System.nanoTime() - begin < READING_NANOS); read++) {
      running.forEach(Running::resetTimes);
      long start = System.nanoTime();
      reader.read(image);
      millis = (System.nanoTime() - start) / 1e6;
    }
    Path boxes = writePictures(image, lines);
    print(terminal, lines, running, firstMillis, millis, boxes);
    terminal.json(json(lines, running, firstMillis, millis, boxes));
    return lines.isEmpty() ? ExitStatus.NO : ExitStatus.DONE;
  }

  private Path writePictures(Image image, List<TextLine> lines) {
    if (picture.isEmpty()) {
      ImageFile.write(image, folder.resolve("picture.png"));
    }
    Image drawn = new Image(image.width(), image.height(), image.format(), image.pixels().clone());
    Canvas canvas = new Canvas(drawn);
    lines.forEach(line -> canvas.polygon(line.quad().corners(), 2, BOX));
    Path boxes = folder.resolve("boxes.png");
    ImageFile.write(drawn, boxes);
    return boxes;
  }

  private void print(
      Terminal terminal, List<TextLine> lines, List<Running> running, double firstMillis, double millis, Path boxes) {
    Table text = Table.of("text", ">confidence");
    lines.forEach(line -> text.row(line.text(), String.format(Locale.ROOT, "%.3f", line.confidence())));
    terminal.print(text);
    terminal.print("");
    Table engines = Table.of("engine", "plan", "", ">runs", ">time");
    for (Running engine : running) {
      engines.row(
          engine.network.title,
          engine.plan,
          (engine.saved ? "saved by an earlier run, loaded in " : "built in ") + Quantity.seconds(engine.seconds),
          engine.runs,
          Quantity.millis(engine.millis()));
    }
    terminal.print(engines);
    terminal.print("");
    terminal.print("read " + picture.orElse(folder.resolve("picture.png")) + " in " + Quantity.millis(millis)
        + " with pre- and post-processing (first time: " + Quantity.millis(firstMillis) + ") on "
        + running.getFirst().engine.backend().device().description());
    terminal.print("the picture with boxes: " + boxes);
    terminal.print("next: slipway bench " + running.getFirst().plan + ", slipway inspect "
        + running.getFirst().plan + ", slipway build --help");
  }

  private Map<String, Object> json(
      List<TextLine> lines, List<Running> running, double firstMillis, double millis, Path boxes) {
    List<Object> texts = new ArrayList<>();
    for (TextLine line : lines) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("text", line.text());
      entry.put("confidence", line.confidence());
      entry.put("corners", line.quad().corners().stream().map(point -> List.of(point.x(), point.y())).toList());
      texts.add(entry);
    }
    List<Object> engines = new ArrayList<>();
    for (Running engine : running) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", engine.network.title);
      entry.put("plan", engine.plan.toString());
      entry.put("saved", engine.saved);
      entry.put(engine.saved ? "loadSeconds" : "buildSeconds", engine.seconds);
      entry.put("runs", engine.runs);
      entry.put("runMs", engine.millis());
      engines.add(entry);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("lines", texts);
    json.put("engines", engines);
    json.put("firstMs", firstMillis);
    json.put("readMs", millis);
    json.put("boxes", boxes.toString());
    return json;
  }
}
