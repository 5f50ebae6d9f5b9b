/**
 * The least that an HTTP server with a database can do: Fastify, and one prepared statement that reads one row by its
 * key. `GET /churn/:id` and `GET /script/:id` give rows of the tables of the schema bench_online.
 *
 *   DATABASE_URL=… node bench/peers/prepared-row.mjs
 */
import fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 }); // as many as each service has
const server = fastify();

for (const kind of ['churn', 'script']) {
  const query = { name: kind, text: `select body from bench_online.${kind} where subscription_id = $1` };
  server.get(`/${kind}/:id`, async (request, reply) => {
    const { id } = /** @type {{ id: string }} */ (request.params);
    const { rows } = await pool.query({ ...query, values: [id] });
    return reply.type('application/json').send(rows[0].body);
  });
}

console.log(await server.listen({ host: '127.0.0.1', port: 0 }));
process.once('SIGTERM', () => void server.close().then(() => pool.end()));
