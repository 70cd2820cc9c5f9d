using System.Text;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Training;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace ActorTrainer.Transport.Tests.Training;

public sealed class StepLogSpec : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly string _path;

    public StepLogSpec() => _path = _folder["metrics.jsonl"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_has_the_keys_that_users_read()
    {
        using (var log = Open()) log.Append(new(Epoch: 2, new(31), Loss: 0.1, LearningRate: 1e-5, ImagesPerSecond: 123.5, Phase: 1, Top1: 0.75, new(1, 2, 3, 4.5, 5, 6, 7)));

        Assert.Equal("""{"epoch":2,"step":31,"loss":0.1,"lr":1E-05,"images_per_s":123.5,"phase":1,"top1":0.75,"ms":{"decode":1,"wait":2,"forward":3,"backward":4.5,"exchange":5,"update":6,"save":7}}""" + "\n", File.ReadAllText(_path));
    }

    [Fact]
    public void What_is_read_back_is_what_was_appended_to_the_bit()
    {
        StepRecord[] records = [Record(1) with { Loss = Math.PI, LearningRate = 0.1 + 0.2 }, Record(2) with { Loss = double.Epsilon }, Record(3) with { Top1 = double.NaN }];
        using (var log = Open())
        {
            foreach (var record in records) log.Append(record);
        }

        Assert.Equal(records, StepLog.Read(_path));
    }

    [Fact]
    public void Steps_reach_the_file_at_most_every_100_ms()
    {
        using var log = Open();
        log.Append(Record(1));
        log.Append(Record(2));
        Assert.Empty(Steps());

        _time.Advance(Moment);
        log.Append(Record(3));
        log.Append(Record(4));
        Assert.Equal([1, 2, 3], Steps());

        log.Flush(durable: false);
        Assert.Equal([1, 2, 3, 4], Steps());
    }

    [Fact]
    public void Many_steps_at_once_do_not_gather_without_bound()
    {
        using var log = Open();
        for (int step = 1; step <= 2000; step++) log.Append(Record(step));

        Assert.InRange(Steps().Count, 1000, 1999);
    }

    [Fact]
    public void Disposing_writes_the_rest_and_a_new_log_goes_on_behind_it()
    {
        using (var log = Open()) log.Append(Record(1));
        using (var log = Open()) log.Append(Record(2));

        Assert.Equal([1, 2], Steps());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public void Cutting_back_keeps_the_steps_up_to_the_one_given(int step)
    {
        using var log = Open();
        for (int i = 1; i <= 5; i++) log.Append(Record(i));

        log.CutBackTo(new(step));
        log.Append(Record(100));
        log.Flush(durable: true);

        Assert.Equal([.. Enumerable.Range(1, Math.Min(step, 5)), 100], Steps());
    }

    [Theory]
    [InlineData("{\"epoch\":0,\"st")]
    [InlineData("{\"epoch\":0,\"step\":3}")]
    [InlineData("\0\0\0\0\0\0\n\0\0")]
    [InlineData("{\"epoch\":0,\"step\":\"x\"}\n")]
    [InlineData("{\"epoch\":{\"step\":1}}\n")]
    [InlineData("}\n")]
    public void Cutting_back_removes_what_a_killed_writer_left(string torn)
    {
        using (var log = Open())
        {
            log.Append(Record(1));
            log.Append(Record(2));
        }

        string whole = File.ReadAllText(_path);
        File.AppendAllText(_path, torn);
        using (var log = Open()) log.CutBackTo(new(9));

        Assert.Equal(whole, File.ReadAllText(_path));
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_cut_back_to_its_whole_lines()
    {
        using (var log = Open())
        {
            for (int i = 1; i <= 20; i++) log.Append(Record(i));
        }

        byte[] whole = File.ReadAllBytes(_path);
        Gen.Select(Gen.Int[0, whole.Length], Gen.Int[0, 25]).Sample((length, step) =>
        {
            File.WriteAllBytes(_path, whole.AsSpan(0, length));
            using (var log = Open()) log.CutBackTo(new(step));
            int lines = Encoding.UTF8.GetString(whole, 0, length).Count(c => c == '\n');
            Assert.Equal(Enumerable.Range(1, Math.Min(lines, step)), Steps());
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void Files_larger_than_what_is_held_in_memory_are_cut_at_the_same_place()
    {
        using (var log = Open())
        {
            for (int i = 1; i <= 300; i++) log.Append(Record(i));
        }

        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        string[] lines = File.ReadAllLines(_path);
        foreach (int window in new[] { 256, 400, 1000, 1 << 20 })
        {
            foreach (int step in new[] { 0, 1, 2, 150, 299, 300 })
                Assert.Equal(lines.Take(step).Sum(line => line.Length + 1), new StepLines(file, window).EndOf(new(step)));
        }
    }

    [Fact]
    public void A_line_in_the_middle_that_cannot_be_read_is_an_error_that_names_the_file()
    {
        File.WriteAllText(_path, "{\"broken\n{}\n{}\n");

        Assert.Contains(_path, Assert.Throws<InvalidDataException>(() => StepLog.Read(_path).ToList()).Message);
    }

    [Fact]
    public void A_reader_asks_for_what_is_new_by_step_whatever_the_writer_does_meanwhile()
    {
        using var log = Open();
        for (int i = 1; i <= 1000; i++) log.Append(Record(i));
        log.Flush(durable: false);
        Assert.Equal(Enumerable.Range(991, 10), Steps(after: 990));
        Assert.Equal(1000, StepLog.ReadLast(_path)?.Step.Value);

        log.CutBackTo(new(500));
        Assert.Empty(Steps(after: 1000));
        Assert.Equal(500, StepLog.ReadLast(_path)?.Step.Value);

        for (int i = 501; i <= 1002; i++) log.Append(Record(i));
        log.Flush(durable: false);
        Assert.Equal([1001, 1002], Steps(after: 1000));
    }

    [Fact]
    public void A_line_half_written_is_not_there_yet()
    {
        using (var log = Open()) log.Append(Record(1));
        string second = File.ReadAllText(_path).Replace("\"step\":1", "\"step\":2", StringComparison.Ordinal);
        File.AppendAllText(_path, second[..^1]);
        Assert.Equal([1], Steps());
        Assert.Equal(1, StepLog.ReadLast(_path)?.Step.Value);

        File.AppendAllText(_path, "\n");
        Assert.Equal([1, 2], Steps());
        Assert.Equal(2, StepLog.ReadLast(_path)?.Step.Value);
    }

    [Fact]
    public void Lines_longer_than_what_is_read_at_once_come_whole()
    {
        string line = $$"""{"epoch":1,"step":1,"loss":0.5,"lr":0.1,"images_per_s":1,"phase":0,"top1":1,"more":"{{new string('x', 200_000)}}"}""";
        File.WriteAllText(_path, line + "\n" + line.Replace("\"step\":1", "\"step\":2", StringComparison.Ordinal) + "\n");

        Assert.Equal([1, 2], Steps());
    }

    [Fact]
    public void Nothing_is_read_where_there_is_no_file() => Assert.Empty(StepLog.Read(_folder["nothing.jsonl"], new(3)));

    [Fact]
    public void The_ledger_has_many_lines_a_step_and_is_cut_between_steps()
    {
        string path = _folder["ledger.jsonl"];
        using (var log = new LedgerLog(path, _time))
        {
            for (int step = 1; step <= 3; step++)
            {
                for (int sample = 0; sample < 4; sample++) log.Append(new(new(7), new(step), Epoch: 1, Shard: sample / 2, sample, Crc: 0xFFFFFFFF));
            }

            log.CutBackTo(new(2));
        }

        Assert.Equal("""{"generation":7,"step":1,"epoch":1,"shard":0,"sample":0,"crc":4294967295}""", File.ReadLines(path).First());
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 2], LedgerLog.Read(path).Select(line => line.Step.Value));
    }

    [Fact]
    public void Evaluations_have_class_means_in_place_of_the_confusion_matrix()
    {
        string path = _folder["evaluations.jsonl"];
        var metrics = new EvaluationMetrics(4, 0.5, 0.75, 1, [2, 0, 1, 1]);
        using (var log = new EvaluationLog(path, _time)) log.Append(new(new(10), Phase: 0, Epoch: 1, metrics));

        Assert.Equal(
            """{"epoch":1,"step":10,"phase":0,"samples":4,"loss":0.5,"top1":0.75,"top5":1,"macro_precision":0.8333333333333333,"macro_recall":0.75,"macro_f1":0.7333333333333334}""",
            File.ReadAllText(path).TrimEnd());
        Assert.Equal(10, Assert.Single(EvaluationLog.Read(path)).Step.Value);
    }

    private StepLog Open() => new(_path, _time);

    private static StepRecord Record(long step) => new(Epoch: (int)(step / 10), new(step), Loss: 1.0 / step, LearningRate: 0.05, ImagesPerSecond: 1000, Phase: 0, Top1: 0.5);

    private List<int> Steps(int? after = null) => StepLog.Read(_path, after is { } step ? new StepNumber(step) : null).Select(record => (int)record.Step.Value).ToList();
}
