using Akka.Actor;
using BenchmarkDotNet.Attributes;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>A message from one actor to another on the default dispatcher: two of them throw a ball to and fro.</summary>
public class MailboxBenchmarks
{
    private const int Hops = 10_000;

    private ActorSystem? _system;
    private IActorRef? _player;

    [GlobalSetup]
    public void Start()
    {
        _system = ActorSystem.Create("mailbox");
        _player = _system.ActorOf(Props.Create(() => new Player(_system.ActorOf(Props.Create<Wall>()))));
    }

    [Benchmark(OperationsPerInvoke = Hops)]
    public Task Hop() => _player.Ask(Hops);

    [GlobalCleanup]
    public Task Stop() => _system!.Terminate();

    private sealed class Player : ReceiveActor
    {
        private IActorRef _asked = ActorRefs.Nobody;

        public Player(IActorRef wall)
        {
            Receive<int>(hops =>
            {
                _asked = Sender;
                wall.Tell(new Ball(hops));
            });
            Receive<Ball>(ball =>
            {
                if (ball.Left > 0) wall.Tell(ball);
                else _asked.Tell(ball);
            });
        }
    }

    private sealed class Wall : ReceiveActor
    {
        public Wall() => Receive<Ball>(ball => Sender.Tell(new Ball(ball.Left - 2)));
    }

    private sealed record Ball(int Left);
}
