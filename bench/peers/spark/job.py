"""Writes a Kafka topic into raw events and daily metrics with Spark Structured Streaming, in bounded mode.

Each micro-batch: parse JSON, deduplicate by event_id, write into a staging table by JDBC, then run one statement that
inserts the new rows and adds them to the metrics. Usage: job.py JARS; broker and database come from the environment.
"""

import os
import sys

import psycopg
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

RECORDS_A_BATCH = 500_000
FIELDS = ["event_id", "user_id", "event_type", "region", "ts", "song_id", "device"]
STORE = """
with stored as (
    insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
    select event_id::uuid, user_id, event_type, region, ts, song_id, device from staging_events
    on conflict do nothing
    returning event_type, region, ts
)
insert into daily_metrics (day, event_type, region, events)
select (ts at time zone 'UTC')::date, event_type, region, count(*) from stored group by 1, 2, 3
on conflict (day, event_type, region) do update set events = daily_metrics.events + excluded.events
"""

env = os.environ
spark = (
    SparkSession.builder.master(f"local[{os.cpu_count()}]")
    .appName("peer")
    .config("spark.jars", sys.argv[1])
    .config("spark.sql.shuffle.partitions", "4")
    .config("spark.driver.memory", "4g")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.local.dir", env["WORK"])
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
events = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", env["KAFKA_BROKERS"])
    .option("subscribe", env["TOPIC"])
    .option("startingOffsets", "earliest")
    .option("maxOffsetsPerTrigger", RECORDS_A_BATCH)
    .load()
    .select(F.from_json(F.col("value").cast("string"), T.StructType([T.StructField(name, T.StringType()) for name in FIELDS])).alias("e"))
    .select("e.*")
    .withColumn("ts", F.to_timestamp("ts"))
)
staging = {
    "url": f"jdbc:postgresql://{env['PGHOST']}:{env['PGPORT']}/{env['PGDATABASE']}?reWriteBatchedInserts=true",
    "user": env["PGUSER"],
    "password": env["PGPASSWORD"],
    "driver": "org.postgresql.Driver",
    "dbtable": "staging_events",
    "batchsize": "10000",
    "isolationLevel": "NONE",
    "truncate": "true",
}


def store(batch, _number):
    batch.dropDuplicates(["event_id"]).write.format("jdbc").options(**staging).mode("overwrite").save()
    with psycopg.connect() as connection:
        connection.execute(STORE)


with psycopg.connect() as connection:
    connection.execute("create unlogged table staging_events (event_id text, user_id text, event_type text, region text, ts timestamptz, song_id text, device text)")
query = events.writeStream.foreachBatch(store).option("checkpointLocation", env["WORK"] + "/checkpoint").trigger(availableNow=True).start()
query.awaitTermination()
spark.stop()
